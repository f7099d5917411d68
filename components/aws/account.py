"""Which account and region, and what everything there has in common."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import aws_names, conventions
from settings.aws import Aws


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account as all components see it.

    Attributes:
        settings: which one, and how it is used.
        stack: the stack that keeps it: what it makes is named after it.
        protect: whether Pulumi refuses to delete what can't be made again.
    """

    settings: Aws
    stack: str
    protect: bool

    @property
    def id(self) -> str:
        """Twelve digits."""
        return self.settings.account_id

    @property
    def region(self) -> str:
        """Where everything is but the replica."""
        return self.settings.region

    @property
    def boundary(self) -> str:
        """The ARN of the permissions boundary that every role has."""
        return self.settings.permissions_boundary or aws_names.policy_arn(self.id, aws_names.boundary(self.stack))

    def tags(self, component: str) -> dict[str, str]:
        """Tags that say whose something is and what for; the user's own come first, and can't replace these."""
        own = {"project": conventions.PROJECT, "stack": self.stack, "component": component, "managed-by": "pulumi"}
        return {**self.settings.tags, **{f"{conventions.PROJECT}:{key}": value for key, value in own.items()}}


def provider(name: str, account: Account, region: str, opts: pulumi.ResourceOptions) -> aws.Provider:
    """An explicit provider for one region: with credentials of any other account it refuses to do a thing.

    Credentials are those of whoever runs Pulumi, short-lived; none stands in the config or the state.
    """
    return aws.Provider(name, region=region, allowed_account_ids=[account.id], opts=opts)
