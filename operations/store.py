"""A bucket: objects written once in a stream, read in a stream, and never half there.

What it guards against: an upload that breaks off leaves no object (the multipart upload is never completed), a
download that breaks off is taken up again where it stopped, and an error says which object and what to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, MutableMapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, TypeVar

import boto3
from botocore.config import Config

from operations.environment import Environment
from operations.errors import OperationError
from operations.store_errors import TROUBLE, code_of, explained, is_final
from operations.upload import BLOCK, Stored, Upload

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

Result = TypeVar("Result")
TRIES: Final = 5


def _client() -> S3Client:
    config = Config(
        retries={"mode": "standard", "total_max_attempts": TRIES},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=16,
    )
    return boto3.client("s3", config=config)  # pyright: ignore[reportUnknownMemberType]  # stubs of others are missing


class Store:
    """A prefix in a bucket."""

    def __init__(self, client: S3Client, bucket: str, prefix: str) -> None:
        self._s3 = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @classmethod
    def of(cls, environment: Environment) -> Store:
        """The store that the environment names; credentials and endpoint are found as by any AWS client.

        Raises:
            OperationError: no bucket is named.
        """
        client = _client()
        if key := environment.kms_key():

            def encrypt(params: MutableMapping[str, str], **_: object) -> None:
                params.update(ServerSideEncryption="aws:kms", SSEKMSKeyId=key)

            for call in ("PutObject", "CreateMultipartUpload"):
                client.meta.events.register(f"before-parameter-build.s3.{call}", encrypt)
        return cls(client, environment.bucket(), environment.prefix())

    @classmethod
    def at(cls, url: str) -> Store:
        """The store at `s3://bucket/prefix`, to read from."""
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        return cls(_client(), bucket, prefix.strip("/"))

    def place(self, key: str) -> str:
        """Where an object is, for people."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    @contextmanager
    def upload(self, key: str) -> Generator[Upload]:
        """Write an object in a stream; after an error there is none.

        Raises:
            OperationError: the bucket refused, or can't be reached.
        """
        place, begun = self._prefix + key, list[str]()
        parts: list[CompletedPartTypeDef] = []

        def send(number: int, body: bytes) -> None:
            if not begun:
                begun.append(self._s3.create_multipart_upload(Bucket=self._bucket, Key=place)["UploadId"])
            answer = self._s3.upload_part(
                Bucket=self._bucket, Key=place, UploadId=begun[0], PartNumber=number, Body=body
            )
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})

        upload = Upload(lambda number, body: self._ask(key, lambda: send(number, body)))
        try:
            yield upload
            if not begun:
                self.put(key, upload.rest())
                return
            upload.send_part()
            self._ask(key, lambda: self._complete(place, begun[0], parts))
        except BaseException:
            if begun:
                self._abort(place, begun[0])
            raise

    def _complete(self, place: str, upload_id: str, parts: list[CompletedPartTypeDef]) -> None:
        self._s3.complete_multipart_upload(
            Bucket=self._bucket, Key=place, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )

    def _abort(self, place: str, upload_id: str) -> None:
        try:
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=place, UploadId=upload_id)
        except TROUBLE:
            return  # the bucket's lifecycle rule clears what is left of broken uploads

    def put(self, key: str, body: bytes) -> Stored:
        """Write a small object, which must not be there yet.

        Raises:
            OperationError: another one is there, or the bucket refused.
        """
        try:
            self._s3.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=body, IfNoneMatch="*")
        except TROUBLE as error:
            # A request that is sent again after its answer was lost finds the object that it made itself.
            if code_of(error) != "PreconditionFailed" or self.get(key) != body:
                raise explained(self._bucket, self._prefix + key, error) from None
        return Stored(key=key, size=len(body), sha256=hashlib.sha256(body).hexdigest())

    def read(self, stored: Stored) -> Iterator[bytes]:
        """An object's bytes in a stream; checked against what was written once the last one has been given out.

        Raises:
            OperationError: it is gone, shorter, longer or altered, or the bucket can't be reached.
        """
        digest, at, tries = hashlib.sha256(), 0, 0
        while at < stored.size and tries < TRIES:
            tries += 1
            try:
                for block in self._from(stored.key, at):
                    digest.update(block)
                    at += len(block)
                    yield block
            except TROUBLE as error:
                if is_final(error) or tries == TRIES:
                    raise explained(self._bucket, self._prefix + stored.key, error) from None
        if at != stored.size or digest.hexdigest() != stored.sha256:
            found = "the checksum differs" if at == stored.size else f"it has {at} bytes and not {stored.size}"
            raise OperationError(
                f"{self.place(stored.key)} is not what was written: {found}",
                "Use another backup; find out who changed this one, or whether the bucket loses data.",
            )

    def _from(self, key: str, at: int) -> Iterator[bytes]:
        answer = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + key, Range=f"bytes={at}-")
        with closing(answer["Body"]) as body:
            yield from body.iter_chunks(BLOCK)

    def get(self, key: str) -> bytes:
        """A small object's bytes.

        Raises:
            OperationError: there is none, or the bucket can't be reached.
        """
        return self._ask(key, lambda: b"".join(self._from(key, 0)))

    def listed(self, prefix: str) -> Sequence[tuple[str, datetime]]:
        """Keys under a prefix and when the bucket, by its own clock, took each in; in the order of the keys."""

        def listing() -> list[tuple[str, datetime]]:
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            entries = [entry for page in pages for entry in page.get("Contents", [])]
            return [
                (entry["Key"].removeprefix(self._prefix), entry["LastModified"])
                for entry in entries
                if "Key" in entry and "LastModified" in entry
            ]

        return self._ask(prefix, listing)

    def now(self) -> datetime:
        """The bucket's clock: this machine's own may be wrong, and what is deleted by it doesn't come back."""
        answer = self._ask("", lambda: self._s3.head_bucket(Bucket=self._bucket))
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; one that isn't there is no error.

        Raises:
            OperationError: the bucket kept one of them, for example for an object lock.
        """
        for key in keys:
            self._ask(key, lambda key=key: self._s3.delete_object(Bucket=self._bucket, Key=self._prefix + key))

    def _ask(self, key: str, ask: Callable[[], Result]) -> Result:
        try:
            return ask()
        except TROUBLE as error:
            raise explained(self._bucket, self._prefix + key, error) from None
