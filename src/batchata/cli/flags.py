"""What the library says of its arguments, said of flags: whoever types a command gives no Python.

Only the library's own words are changed, in the phrases it says them in; what a provider or a file says stays as it is.
"""

import re

_PHRASES = tuple(
    (re.compile(said), typed)
    for said, typed in (
        (
            r"set the environment variable (\w+), or give a client of your own in Batch\(providers=\{.*?\}\)",
            r"put \1=… into the environment, or into a file .env in this folder",
        ),
        (
            r"is named in Batch\(providers=\{…: OpenAICompatible\(…\)\}\)",
            r"is NAME/…, with its address in BATCHATA_NAME_BASE_URL",
        ),
        (r", or give a client of an older version, which earlier models take it from: providers=\{.*\}", ""),
        (
            r"Batch\(prices=\{'([^']+)': \(usd per million input tokens, output tokens\)\}\)",
            r"--price \1=IN,OUT (USD per million tokens)",
        ),
        (r"Batch\(prices=…\)", "--price MODEL=IN,OUT"),
        (r"provider_params=\{'(\w+)': \{'(\w+)': (?:…|\.\.\.)\}\}", r"""--param \1='{"\2": …}'"""),
        (r"provider_params=\{'(\w+)': (?:…|\.\.\.)\}", r"--param \1=…"),
        (r"provider_params\['(\w+)'\]", r"--param \1"),
        (r"\bprovider_params\b", "--param"),
        (r"\bresponse_model\b", "--schema"),
        (r"\benable_citations(?:=True)?\b", "--cite"),
        (r"\b(Raise|toward) max_tokens\b", r"\1 --max-tokens"),
        (r"\bmax_tokens is\b", "--max-tokens is"),
        (r"\bby temperature= and\b", "by --temperature and"),
        (r"\btemperature(?:=| (?=can't be sent|is given))", "--temperature "),
        (r"\bUse the argument (model|temperature)\b", r"Use --\1"),
        (r"\bUse the argument max_tokens\b", "Use --max-tokens"),
        (r"\bid_column=", "--id-column "),
        (r"\bid_column(?=:)", "--id-column"),
        (r"\bresults_dir=", "--out "),
        (r"\bprovider_batch=(?=\d)", "batch "),
        (r"\bmade=True\b", "--made"),
        (r"\bmade=False\b", "--never-made"),
        (r"\b(?:path|out)=(?=')", "--out "),
        (r"\b(?:state_file|table)=(?=')", ""),
        (r"\bmodel=(?=')", "--model "),
        (r"\bprompt(?==| is '| names \{)", "--prompt"),
    )
)


def typed(words: str) -> str:
    """The same words for whoever typed the command."""
    for said, instead in _PHRASES:
        words = said.sub(instead, words)
    return words
