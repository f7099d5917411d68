"""The daily scan of images."""

from tests.monitoring.cases.case import Case
from tests.monitoring.cases.data import last
from tests.monitoring.timeline import Series, gauge

IMAGE = "ghcr.io/iamjonobo/stratmaster-api:v1.2.3"

CASES = (
    Case(
        alert="ImageHasCriticalFindings",
        series=(
            gauge(f'stratmaster_image_findings{{image="{IMAGE}",severity="critical"}}', 0, 2),
            gauge(f'stratmaster_image_findings{{image="{IMAGE}",severity="high"}}', 9, 9),
        ),
        says=f"{IMAGE} has 2 known vulnerabilities",
        labels={"image": IMAGE},
    ),
    Case(
        alert="ImageScanFailed",
        series=(last("scan", 1000, 1000), last("scan", 0, 2000, "failure")),
        says="of at least one of them nothing is known",
    ),
    Case(
        alert="ImageScanTooOld",
        series=(Series('stratmaster_job_last_success_timestamp_seconds{operation="scan"}', 0, 0, clock=True),),
        says="is 1d 2h 11m",
        lag=26 * 60,
    ),
    Case(alert="ImageScanNeverRan", series=(last("scan", 1, 0),), says="no record of any scan", absence=True, step=10),
)
