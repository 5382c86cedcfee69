"""Rules for one request, once it has been read. In a batch they are judged per request: what breaks one is its error line."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from batchata.testing import media
from batchata.testing.gemini.errors import ApiError
from batchata.testing.gemini.models import Model
from batchata.testing.gemini.schema_rules import check_json_schema, check_schema

_MEDIA = ("text/", "audio/", "video/")  # [assumed]
_MIME_TYPES = (  # [assumed]
    *("application/json", "application/pdf"),
    *("image/heic", "image/heif", "image/jpeg", "image/png", "image/webp"),
)
_ANSWER_TYPES = ("text/plain", "application/json", "text/x.enum")  # [assumed]
_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
_HARMS = {  # [sdk: HarmCategory], those of the Developer API
    *("HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT"),
    *("HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY"),
}
_THRESHOLDS = {  # [sdk: HarmBlockThreshold]
    *("HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH"),
    *("BLOCK_NONE", "OFF"),
}
MAX_PAGES = 1_000  # [docs: Document understanding]
_MOST_CANDIDATES, _MOST_STOPS = 8, 5  # [assumed]


def check(request: Mapping[str, Any], known: Model) -> None:
    """Raises `ApiError`."""
    check_contents(request.get("contents"))
    for place, part in enumerate((request.get("systemInstruction") or {}).get("parts") or ()):
        if "text" not in part:  # [assumed]
            raise ApiError(f"system_instruction.parts[{place}]: only text is supported in system instructions")
    _check_config(request.get("generationConfig") or {}, known)
    _check_tools(request)
    for setting in request.get("safetySettings") or ():
        if setting.get("category") not in _HARMS or setting.get("threshold") not in _THRESHOLDS:
            raise ApiError(f"* GenerateContentRequest.safety_settings: unsupported setting {dict(setting)}")
    if "cachedContent" in request:  # nothing was ever cached here
        raise ApiError(f"CachedContent not found: {request['cachedContent']}", 403)


def check_contents(contents: Any) -> None:
    if not contents:  # [assumed]
        raise ApiError("* GenerateContentRequest.contents: contents is not specified")
    for place, content in enumerate(contents):
        at = f"contents[{place}]"
        if content.get("role", "user") not in {"user", "model", "function"}:  # [assumed]
            raise ApiError("Please use a valid role: user, model.")
        if not content.get("parts"):  # [assumed]
            raise ApiError(f"* GenerateContentRequest.{at}.parts: contents.parts must not be empty.")
        for number, part in enumerate(content["parts"]):
            _check_part(part, f"{at}.parts[{number}]")


def _check_part(part: Mapping[str, Any], at: str) -> None:
    given = [name for name in _DATA if name in part]
    if len(given) > 1:
        raise ApiError(f"Invalid value at '{at}' (oneof), oneof field 'data' is already set. Cannot set '{given[1]}'")
    if not given and not part.keys() & {"toolCall", "toolResponse"}:  # [assumed]
        raise ApiError(
            f"* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field"
        )
    if "inlineData" in part:
        _check_blob(part["inlineData"], f"{at}.inline_data")
    if "fileData" in part and not part["fileData"].get("fileUri"):
        raise ApiError(f"* GenerateContentRequest.{at}.file_data.file_uri: must not be empty")


def _check_blob(blob: Mapping[str, Any], at: str) -> None:
    kind = blob.get("mimeType", "")
    if not kind.startswith(_MEDIA) and kind not in _MIME_TYPES:
        raise ApiError(f"Unsupported MIME type: {kind}")
    try:
        data = decoded(blob)
    except binascii.Error:
        raise ApiError(f"Invalid value at '{at}.data' (TYPE_BYTES), Base64 decoding failed") from None
    if kind.startswith("image/") and kind not in {"image/heic", "image/heif"} and media.image_type(data) is None:
        raise ApiError("Unable to process input image. Please retry or report in the Gemini API docs.")  # [assumed]
    if kind == "application/pdf":
        if not data.startswith(b"%PDF"):
            raise ApiError("The document has no pages.")  # [assumed]
        if media.pdf_pages(data) > MAX_PAGES:
            raise ApiError(f"The document contains more pages than the maximum of {MAX_PAGES}.")


def decoded(blob: Mapping[str, Any]) -> bytes:
    """Both alphabets of base64 are read [proto3 JSON]. Raises `binascii.Error`."""
    text = str(blob.get("data", "")).replace("-", "+").replace("_", "/")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _check_config(config: Mapping[str, Any], known: Model) -> None:
    _within(config, "temperature", 0, 2)
    _within(config, "topP", 0, 1)
    _within(config, "candidateCount", 1, _MOST_CANDIDATES)
    _within(config, "maxOutputTokens", 1, known.output_limit)
    if len(config.get("stopSequences") or ()) > _MOST_STOPS:
        raise ApiError(
            f"* GenerateContentRequest.generation_config.stop_sequences: at most {_MOST_STOPS} are supported"
        )
    if config.get("responseMimeType", "text/plain") not in _ANSWER_TYPES:
        raise ApiError(
            "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`."
        )  # [assumed]
    _check_schemas(config)
    thinking = config.get("thinkingConfig") or {}
    if thinking and not known.thinks:  # [assumed]
        raise ApiError("Thinking is not supported for this model.")
    if "thinkingBudget" in thinking and "thinkingLevel" in thinking:  # [assumed]
        raise ApiError("You can only set only one of thinking budget and thinking level.")
    if thinking.get("thinkingBudget") == 0 and "pro" in known.id:  # [assumed]
        raise ApiError("Budget 0 is invalid. This model only works in thinking mode.")


def _within(config: Mapping[str, Any], name: str, low: float, high: float) -> None:
    if name in config and not low <= config[name] <= high:
        raise ApiError(f"* GenerateContentRequest.generation_config.{name}: must be in the range [{low}, {high}].")


def _check_schemas(config: Mapping[str, Any]) -> None:
    given = [name for name in ("responseSchema", "responseJsonSchema") if name in config]
    if len(given) > 1:  # [sdk: response_json_schema: "response_schema must be omitted"]
        raise ApiError("Only one of response_schema and response_json_schema may be set.")
    if given and config.get("responseMimeType") not in {"application/json", "text/x.enum"}:  # [assumed]
        raise ApiError("Controlled generation requires response_mime_type to be set to `application/json`.")
    if "responseSchema" in config:
        check_schema(config["responseSchema"], "generation_config.response_schema")
    if "responseJsonSchema" in config:
        check_json_schema(config["responseJsonSchema"], "generation_config.response_json_schema")


def _check_tools(request: Mapping[str, Any]) -> None:
    names = []
    for place, function in enumerate(functions(request)):
        at = f"tools[0].function_declarations[{place}]"
        if not function.get("name"):
            raise ApiError(f"* GenerateContentRequest.{at}.name: must not be empty")
        names.append(function["name"])
        if "parameters" in function:
            check_schema(function["parameters"], f"{at}.parameters")
        if "parametersJsonSchema" in function:
            check_json_schema(function["parametersJsonSchema"], f"{at}.parameters_json_schema")
    if len(set(names)) < len(names):  # [assumed]
        raise ApiError("Duplicate function declaration found.")
    calling = (request.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if calling.get("allowedFunctionNames") and calling.get("mode") not in {
        "ANY",
        "VALIDATED",
    }:  # [assumed]
        raise ApiError("allowed_function_names should only be set when mode is ANY or VALIDATED.")
    if calling.get("mode") == "ANY" and not names:
        raise ApiError("Function calling config is set without function_declarations.")  # [assumed]


def functions(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [function for tool in request.get("tools") or () for function in tool.get("functionDeclarations") or ()]


def forced(request: Mapping[str, Any]) -> dict[str, Any] | None:
    """The function that must be called: the first of those allowed [assumed]."""
    calling = (request.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if calling.get("mode") != "ANY":
        return None
    allowed = calling.get("allowedFunctionNames")
    found = [function for function in functions(request) if not allowed or function["name"] in allowed]
    return found[0] if found else None
