"""The API server's refusals in two lines, without what they quote of a Secret."""

from __future__ import annotations

from typing import cast

from rehearsal.engine.providers.api import ApiError, Object
from rehearsal.engine.providers.base import ProviderError


def refusal(verb: str, body: Object, error: ApiError) -> ProviderError:
    """Why the server refused to `verb` the object `body`, and how to mend it."""
    metadata = cast("dict[str, str]", body.get("metadata", {}))
    where = "/".join(filter(None, (metadata.get("namespace"), metadata.get("name"))))
    hint = {
        "AlreadyExists": "It was made by someone else: delete it, or take it out of the program.",
        "Conflict": "Another manager owns the field: undo its change, or take the field out of the program.",
        "NotFound": "Its namespace or CRD is missing: create that first.",
        "Invalid": "Mend the field it names in the program.",
        "Forbidden": "Ask for the right it names, or mend what the cluster's admission refuses.",
    }.get(error.reason, "")
    message = _without_values(error.message, body)
    return ProviderError(f"{body.get('kind')} {where}: the API server refused to {verb} it: {message}\n{hint}".rstrip())


def _without_values(message: str, body: Object) -> str:
    """The server's message, without what it quotes of a Secret's content."""
    return "its content is not valid" if body.get("kind") == "Secret" and "data" in message else message
