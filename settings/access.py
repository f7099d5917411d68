"""Which groups of people may do what."""

from typing import Annotated

from pydantic import Field

from settings.values import Model, Text

Groups = tuple[Text, ...]


class Access(Model):
    """Groups, as the cluster's authenticator names them, that the stack's roles are bound to."""

    operators: Annotated[Groups, Field(description="groups that may operate the namespace")] = (
        "stratmaster:operators",
    )
    readers: Annotated[Groups, Field(description="groups that may look, at everything but secrets")] = (
        "stratmaster:readers",
    )
    ci: Annotated[Groups, Field(description="groups of pipelines, which may preview and nothing else")] = (
        "stratmaster:ci",
    )
