"""Images that run with known holes in them, and scans that don't come."""

from components.monitoring.job_metrics import of, selected
from components.monitoring.rules import Alert, Group
from operations import metrics

LATE = 26 * 3600
"""Once a day (settings/scans.py), and two hours for a scan that takes its time."""


def group() -> Group:
    """What the guide's Security Scanning looks for by hand (facts.md C54). Declared only where scans are on."""
    succeeded = selected(metrics.JOB_LAST_SUCCESS, metrics.SCAN)
    failed = f"{of(metrics.JOB_LAST_FAILURE, metrics.SCAN)} > {of(metrics.JOB_LAST_SUCCESS, metrics.SCAN)}"
    findings = f'{metrics.IMAGE_FINDINGS.name}{{{metrics.SEVERITY}="critical"}}'
    return Group(
        name="stratmaster-scans",
        owner="security",
        dashboard="infrastructure",
        rules=(
            Alert(
                name="ImageHasCriticalFindings",
                expr=f"max by ({metrics.IMAGE}) ({findings}) > 0",
                wait="10m",
                summary="An image that runs has critical vulnerabilities",
                description="{{ $labels.image }} has {{ $value }} known vulnerabilities of critical severity.",
            ),
            Alert(
                name="ImageScanFailed",
                expr=failed,
                wait="10m",
                summary="Not every image could be scanned",
                description="The last scan of the images that run failed: of at least one of them nothing is known.",
            ),
            Alert(
                name="ImageScanTooOld",
                expr=f"time() - ({of(metrics.JOB_LAST_SUCCESS, metrics.SCAN)} > 0) > {LATE}",
                wait="10m",
                summary="The last scan of images is too old",
                description="The last scan that read every image is {{ $value | humanizeDuration }} ago; one is daily.",
            ),
            Alert(
                name="ImageScanNeverRan",
                expr=f"absent({succeeded}) or max by ({metrics.OPERATION}) ({succeeded}) == 0",
                wait="26h",
                summary="The images that run were never scanned",
                description="There is no record of any scan that succeeded, or nothing reads the records.",
            ),
        ),
    )
