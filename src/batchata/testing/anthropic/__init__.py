"""Anthropic's Message Batches protocol, from its documentation and the types of its Python SDK 2.12.

Each rule names its source: `[docs: page]` a page of platform.claude.com/docs, `[sdk: Type]` a type or docstring of the
`anthropic` package, `[issue]` a message seen in a public issue thread, or `[assumed]` where none of them says.
"""
