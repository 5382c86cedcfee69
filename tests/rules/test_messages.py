"""Messages as users write them, in Anthropic's and OpenAI's manner, read into parts; and the words of a second try."""

import base64
from typing import Any

import pytest

from batchata.errors import ValidationError
from batchata.messages import REASK_ERROR_MAX, conversation, from_prompt, reask
from batchata.request import Document, Image, Message, Text

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
PDF = b"%PDF-1.7\n%%EOF"
USER = {"role": "user", "content": "hi"}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def image(data: str, media_type: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def image_url(url: Any, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def document(source: Any, **more: Any) -> dict[str, Any]:
    return {"type": "document", "source": source, **more}


PDF_SOURCE = {"type": "base64", "media_type": "application/pdf", "data": b64(PDF)}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def refusal(*messages: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        conversation(messages)
    return str(caught.value)


def test_system_texts_are_taken_apart_in_their_order() -> None:
    marked = {"type": "text", "text": "Long rules.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    system, turns = conversation(
        [{"role": "system", "content": "Be brief."}, {"role": "system", "content": [marked]}, USER]
    )
    assert system == (Text("Be brief."), Text("Long rules.", {"type": "ephemeral", "ttl": "1h"}))
    assert turns == (Message("user", (Text("hi"),)),)


def test_turns_stay_as_they_are_said_one_role_twice_in_a_row_too() -> None:
    said = [("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", " e ")]
    _, turns = conversation([{"role": role, "content": text} for role, text in said])
    assert [(turn.role, turn.parts) for turn in turns] == [(role, (Text(text),)) for role, text in said]


def test_images_and_documents_come_with_their_bytes() -> None:
    text_source = {"type": "text", "media_type": "text/plain", "data": "Größe"}
    parts = [
        image(b64(PNG)),
        image_url(f"data:image/PNG;base64,{b64(PNG)}", detail="auto"),
        document(PDF_SOURCE, title="Lease"),
        document(text_source),
        {"type": "text", "text": "Compare."},
    ]
    _, ((turn),) = conversation([user(*parts)])
    assert turn.parts == (
        Image("image/png", PNG),
        Image("image/png", PNG),
        Document("Lease", "application/pdf", PDF, pages=(), paged=True),
        Document("messages[0].content[3]", "text/plain", "Größe".encode(), pages=("Größe",)),
        Text("Compare."),
    )


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/gif", b"GIF89a"),
        ("image/webp", b"RIFF\0\0\0\0WEBP"),
        ("image/png", PNG),
    ],
)
def test_an_image_has_to_be_what_it_is_called(media_type: str, data: bytes) -> None:
    assert conversation([user(image(b64(data), media_type))])[1][0].parts == (Image(media_type, data),)
    assert f"the bytes are no {media_type}" in refusal(user(image(b64(b"\0" + data), media_type)))


REFUSED: list[tuple[Any, str]] = [
    ("hi", "messages[0] is 'hi'. Give a dict with the keys role, content"),
    ({"role": "user"}, "messages[0] has no 'content'. Its keys are role, content"),
    ({**USER, "contents": "x"}, "messages[0] has the key 'contents'. Allowed: role, content. Did you mean content?"),
    ({**USER, "name": "x"}, "messages[0] has the key 'name'. Allowed: role, content. Leave it out"),
    ({**USER, "role": "developer"}, "role is 'developer'. Allowed: system, user, assistant. Use 'system'"),
    ({**USER, "role": "model"}, "Use 'assistant'"),
    ({**USER, "role": "usr"}, "Did you mean user?"),
    ({**USER, "role": ["user"]}, "role is a list of length 1"),
    ({**USER, "content": ""}, "messages[0].content is ''"),
    ({**USER, "content": " \n"}, "there is no text in it"),
    ({**USER, "content": []}, "messages[0].content is empty"),
    ({**USER, "content": None}, "messages[0].content is None. Give a string, or a list of parts"),
    ({**USER, "content": {"type": "text", "text": "hi"}}, "messages[0].content is a dict of length 2"),
    (user("hi"), "messages[0].content[0] is 'hi'. Give a dict such as"),
    (user({"text": "hi"}), "content[0]: there is no type. Allowed: text, image, image_url, document"),
    (user({"type": "input_image"}), "type is 'input_image'. Allowed: text, image, image_url, document. Did you mean"),
    (user({"type": ["text"]}), "type is a list of length 1"),
    (user({"type": "text", "text": ""}), "content[0].text is ''"),
    (user({"type": "text", "text": 3}), "content[0].text is 3. Give a string"),
    (user({"type": "text", "text": "a", "cache_control": "yes"}), "content[0].cache_control is 'yes'. Give a dict"),
    (user({"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "2h"}}), "is no mark we know"),
    (user({"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": []}}), "is no mark we know"),
    (
        user({**image("AAAA"), "cache_control": {"type": "ephemeral"}}),
        "Put cache_control on the text part that follows",
    ),
    (user(image("AAA")), "messages[0].content[0].source: the data is no base64"),
    (user(image("A\nAAA")), "the data is no base64"),
    (user(image("ÄÄÄÄ")), "the data is no base64"),
    (user(image("")), "content[0].source.data is ''"),
    (
        user(image(b64(PNG), "image/bmp")),
        "media_type is 'image/bmp'. Allowed: image/jpeg, image/png, image/gif, image/webp",
    ),
    (
        user({"type": "image", "source": {"type": "url", "url": "https://x"}}),
        "type is 'url'. The library fetches no URL",
    ),
    (user({"type": "image", "source": "x"}), "type is None. Give the bytes: {'type': 'base64'"),
    (
        user(image_url("https://x/y?token=hush")),
        "url is a https: URL. The library fetches no URL a job names. Give 'data:",
    ),
    (user(image_url(3)), "image_url.url is 3"),
    (user({"type": "image_url", "image_url": "data:image/png;base64,AAAA"}), "Give a dict with the keys url, detail"),
    (user(image_url("data:image/png;base64,A")), "image_url.url: the data is no base64"),
    (user(image_url(f"data:image/png;base64,{b64(PNG)}", detail="low")), "detail is 'low'. Only 'auto' is sent"),
    (user(image_url(f"data:text/html;base64,{b64(PNG)}")), "media_type is 'text/html'"),
    (user(document(PDF_SOURCE, citations={"enabled": True})), "Use enable_citations=True on the job"),
    (user(document(PDF_SOURCE, title="")), "content[0].title is ''"),
    (user(document({**PDF_SOURCE, "data": b64(b"PK")})), "the bytes are no application/pdf"),
    (user(document({**PDF_SOURCE, "media_type": "text/plain"})), "Allowed: application/pdf"),
    (user(document({"type": "url", "url": "https://x"})), "or {'type': 'text', 'media_type': 'text/plain'"),
    (user(document({"type": "text", "media_type": "text/html", "data": "x"})), "Allowed with type 'text': text/plain"),
    (user(document({"type": "text", "media_type": "text/plain", "data": " "})), "source.data is ' '"),
    ({"role": "system", "content": [image(b64(PNG))]}, "messages of the role 'system' take text only"),
    ({"role": "assistant", "content": [document(PDF_SOURCE)]}, "messages of the role 'assistant' take text only"),
]


@pytest.mark.parametrize(("message", "words"), REFUSED)
def test_it_is_refused_by_its_place_with_words_that_help(message: Any, words: str) -> None:
    told = refusal(message)
    assert words in told
    assert "hush" not in told
    later = refusal(USER, message if not isinstance(message, dict) or message["role"] != "system" else user(3))
    assert "messages[1]" in later


def test_a_conversation_needs_a_user_and_its_system_text_first() -> None:
    assert "messages: no message with the role 'user'" in refusal({"role": "system", "content": "a"})
    assert "no message with the role 'user'" in refusal({"role": "assistant", "content": "a"})
    assert "messages[1]: a system message after a user one" in refusal(USER, {"role": "system", "content": "a"})


def test_a_prompt_follows_its_document() -> None:
    lease = Document("lease.txt", "text/plain", b"x", pages=("x",))
    assert from_prompt("Why?") == (Message("user", (Text("Why?"),)),)
    assert from_prompt("Why?", lease) == (Message("user", (lease, Text("Why?"))),)
    assert from_prompt("Why?", Image("image/png", PNG))[0].parts[0] == Image("image/png", PNG)


def test_a_second_try_shows_the_model_its_answer_and_what_was_wrong() -> None:
    asked = from_prompt("Why?")
    again = reask(asked, '{"total": "x"}', "total: not a number")
    assert again[:2] == (*asked, Message("assistant", (Text('{"total": "x"}'),)))
    (told,) = again[2].parts
    assert isinstance(told, Text)
    assert again[2].role == "user"
    assert "total: not a number" in told.text


def test_an_empty_answer_is_not_sent_and_a_long_error_is_cut() -> None:
    first, second = reask(from_prompt("Why?"), " \n", "é" * 100_000)
    (told,) = second.parts
    assert isinstance(told, Text)
    assert (first.role, second.role) == ("user", "user")
    assert REASK_ERROR_MAX <= len(told.text) < REASK_ERROR_MAX + 300
