"""OpenAI's Files and Batch protocols, and the requests that go into them, from its documentation and the types of `openai` 3.54.

Each rule names its source: `[docs: page]` a page of OpenAI's documentation, `[sdk: Type]` a type or docstring of the `openai`
package, `[issue: …]` a named public thread, or `[assumed]` where none of them was found to say.
The wording of messages is assumed but for those that name a thread.
"""
