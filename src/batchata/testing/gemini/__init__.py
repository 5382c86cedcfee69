"""Gemini's batch protocol of the Developer API, from its documentation and the types and converters of `google-genai` 3.4.

Each rule names its source: `[docs: page]` a page of ai.google.dev/gemini-api/docs, `[sdk: Type]` a type, docstring or converter of
the `google-genai` package, `[issue: …]` a named public thread, or `[assumed]` where none of them was found to say.
The wording of messages is assumed but for those that name a thread.
"""
