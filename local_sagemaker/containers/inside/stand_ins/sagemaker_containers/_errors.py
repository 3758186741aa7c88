"""The toolkit's exceptions that user code raises or catches."""


class ClientError(Exception):
    """The user's code or data are at fault."""


class UnsupportedFormatError(Exception):
    """A content type that is neither read nor written here."""

    def __init__(self, content_type: str) -> None:
        self.message = (
            f"Content type {content_type} is not supported by this framework. Implement input_fn to read the request "
            "or output_fn to write the response."
        )
        super().__init__(self.message)
