"""What the entries of Secrets Manager hold, and who writes them: the program, or a person."""

from collections.abc import Iterator, Mapping

from components.secret_catalogue import BY_NAME, SecretSpec
from components.secret_sources import Public, Supplied
from settings.aws import AwsSecrets
from settings.problems import Problem, nearest, refuse


def written_by_hand(spec: SecretSpec, settings: AwsSecrets) -> bool:
    """Whether a person writes an entry: what somebody else issues, and what the settings say so of.

    The program never declares a version of such an entry, so no update can wipe what a person put there.
    """
    supplied = any(isinstance(spec.keys[key], Supplied) for key in spec.stored)
    return supplied or spec.name in settings.by_hand


def refuse_unknown(settings: AwsSecrets) -> None:
    """Refuse settings about secrets and keys that there aren't.

    Raises:
        SettingsError: with each of them by its full name.
    """
    refuse([*_unknown("byHand", settings.by_hand), *_unknown("values", settings.values), *_not_public(settings.values)])


def _unknown(setting: str, named: Mapping[str, object]) -> Iterator[Problem]:
    entries = [name for name, spec in BY_NAME.items() if spec.stored]
    for name in named:
        if name not in entries:
            yield Problem(
                what=f"stratmaster:aws.secrets.{setting}.{name} is none of the secrets that have an entry.",
                mend=nearest(name, entries),
            )


def _not_public(values: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    for name, own in values.items():
        spec = BY_NAME.get(name)
        public = [key for key, source in spec.keys.items() if isinstance(source, Public)] if spec else []
        for key in own:
            if spec and key not in public:
                yield Problem(
                    what=f"stratmaster:aws.secrets.values.{name}.{key} is no value of that secret that is no secret.",
                    mend=nearest(key, public) if public else f"Remove it, and put {name} into Secrets Manager by hand.",
                )
