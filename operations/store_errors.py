"""What a bucket's refusals mean, in two lines each."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from operations.errors import OperationError

TROUBLE: Final = (BotoCoreError, ClientError, HTTPError, OSError)
"""All that can go wrong between us and a bucket."""

_REFUSALS: Final = frozenset(
    {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "RequestTimeTooSkewed"}
)


def code_of(error: BaseException) -> str:
    """S3's own word for it, or nothing if it isn't S3 that says so."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_final(error: BaseException) -> bool:
    """Whether to ask again would change nothing."""
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def explained(bucket: str, key: str, error: BaseException) -> OperationError:
    """The error that a person sees.

    Args:
        bucket: the bucket's name.
        key: the object's whole key.
        error: one of `TROUBLE`.
    """
    code, where = code_of(error), f"s3://{bucket}/{key}"
    if code in {"NoSuchKey", "404"}:
        return OperationError(f"{where} is not there", "Use another backup; find out who deleted this one.")
    if code == "NoSuchBucket":
        return OperationError(f"there is no bucket {bucket}", "Create it, or mend BACKUP_BUCKET.")
    if code == "PreconditionFailed":
        return OperationError(f"{where} is there already", "Run it again: the next run has a name of its own.")
    if code in _REFUSALS or code.startswith("KMS"):
        return OperationError(
            f"{where} is refused: {code}", "Check the job's credentials, its clock, and that it may use the KMS key."
        )
    return OperationError(f"{where} can't be reached: {code or error}", "Is the bucket's service up? Run it again.")
