"""GitHub's API, as far as one comment and one issue need it.

Only Python's own library is imported here: the job that holds a token which may write runs no package's code.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import urlsplit

from rehearsal.errors import RehearsalError

AUTHOR: Final = "github-actions[bot]"
"""Who a workflow's token writes as. A marker in somebody else's comment is no comment of ours."""
_PAGE: Final = 100
_SECONDS: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """A repository on GitHub.

    Args:
        repository: owner/name.
        token: one that may write what is to be written. Never printed.
        api: the API's root, another one on GitHub Enterprise (`GITHUB_API_URL`).
    """

    repository: str
    token: str
    api: str = "https://api.github.com"

    def __repr__(self) -> str:
        return f"GitHub({self.repository})"

    def say(self, number: int, body: str) -> None:
        """Put a comment into a pull request, or into the place of the one that begins with the same line.

        Raises:
            RehearsalError: GitHub refused, or isn't there.
        """
        mine = self._mine(f"/issues/{number}/comments?", body.splitlines()[0])
        if mine is None:
            self._request("POST", f"/issues/{number}/comments", {"body": body})
        else:
            self._request("PATCH", f"/issues/comments/{mine['id']}", {"body": body})

    def raise_issue(self, title: str, body: str) -> None:
        """Open an issue, or renew the open one whose body begins with the same line.

        Raises:
            RehearsalError: GitHub refused, or isn't there.
        """
        mine = self._mine("/issues?state=open&", body.splitlines()[0])
        if mine is None:
            self._request("POST", "/issues", {"title": title, "body": body})
        else:
            self._request("PATCH", f"/issues/{mine['number']}", {"body": body})

    def close_issue(self, marker: str) -> None:
        """Close the open issue whose body begins with `marker`, if there is one.

        Raises:
            RehearsalError: GitHub refused, or isn't there.
        """
        mine = self._mine("/issues?state=open&", marker)
        if mine is not None:
            self._request("PATCH", f"/issues/{mine['number']}", {"state": "closed", "state_reason": "completed"})

    def _mine(self, collection: str, marker: str) -> Mapping[str, object] | None:
        """The first of ours in a collection whose body begins with `marker`."""
        for each in self._all(collection):
            author = cast("Mapping[str, object]", each.get("user") or {}).get("login")
            if author == AUTHOR and str(each.get("body") or "").startswith(marker):
                return each
        return None

    def _all(self, collection: str) -> Iterator[Mapping[str, object]]:
        page = 1
        while True:
            found = self._request("GET", f"{collection}per_page={_PAGE}&page={page}")
            entries = cast("list[Mapping[str, object]]", found)
            yield from entries
            if len(entries) < _PAGE:
                return
            page += 1

    def _request(self, method: str, path: str, body: object = None) -> object:
        root = urlsplit(self.api)
        kind = http.client.HTTPConnection if root.scheme == "http" else http.client.HTTPSConnection
        connection = kind(root.netloc, timeout=_SECONDS)
        try:
            connection.request(
                method,
                f"{root.path}/repos/{self.repository}{path}",
                body=None if body is None else json.dumps(body),
                headers={
                    "Accept": "application/vnd.github+json",
                    "Authorization": f"Bearer {self.token}",
                    "User-Agent": self.repository,
                    "X-GitHub-Api-Version": "2022-11-28",
                },
            )
            response = connection.getresponse()
            told = json.loads(response.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RehearsalError(
                f"GitHub didn't answer {method} {path.partition('?')[0]} of {self.repository}: {error}",
                "Run the job again.",
            ) from None
        finally:
            connection.close()
        if response.status >= HTTPStatus.BAD_REQUEST:
            why = cast("Mapping[str, object]", told).get("message") if isinstance(told, Mapping) else told
            raise RehearsalError(
                f"GitHub refused {method} {path.partition('?')[0]} of {self.repository}: {response.status} {why}",
                "The job's permissions must have `pull-requests: write` for a comment, `issues: write` for an issue.",
            )
        return told
