"""Files in: bytes, media type, text, pages. `reader.Reader` is the way in; it may import nothing heavy."""
