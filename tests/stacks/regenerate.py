"""`python -m tests.stacks.regenerate` writes the golden files anew; who reviews their diff reviews the change."""

from tests.stacks import golden_files
from tests.stacks.recorded import STACKS


def main() -> None:
    golden_files.FOLDER.mkdir(exist_ok=True)
    for stack in STACKS:
        (golden_files.FOLDER / f"{stack}.yaml").write_text(golden_files.objects(stack))
        (golden_files.FOLDER / f"{stack}.urns").write_text(golden_files.urns(stack))


if __name__ == "__main__":
    main()
