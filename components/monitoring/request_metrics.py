"""Who counts requests, and how that is written: three sources for the same three questions.

The code of StratMaster exports no metrics (facts.md C15), so requests are counted where they come in. A source differs
in the names of its series and in the label that holds the status (facts.md C16); nothing else here knows which it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components import conventions
from settings.monitoring import RequestMetrics

_SLOTS: Final = "|".join(conventions.SLOTS)


@dataclass(frozen=True, kw_only=True)
class RequestMetricsSource:
    """One source.

    Attributes:
        counter: requests by status, as a series selector without its braces.
        selector: what the counter and the histogram have in common, inside the braces.
        failed: what singles out server errors, inside the braces.
        histogram: answer times; `_bucket` and `le` are added.
        unit: the histogram's, in parts of a second.
        slot_label: the label that tells the slot.
        slot_pattern: a regular expression over it, whose first group is the slot.
    """

    counter: str
    selector: str
    failed: str
    histogram: str
    unit: int
    slot_label: str
    slot_pattern: str

    def requests(self, window: str) -> str:
        """Requests a second over a window, one number."""
        return f"sum(rate({self.counter}{{{self.selector}}}[{window}]))"

    def failures(self, window: str) -> str:
        """Server errors a second over a window, one number; 0 where none has ever been counted."""
        return f"(sum(rate({self.counter}{{{self.selector},{self.failed}}}[{window}])) or 0 * {self.requests(window)})"

    def answered(self, window: str) -> str:
        """Answers a second that were timed, over a window."""
        return f"sum(rate({self.histogram}_count{{{self.selector}}}[{window}]))"

    def fast(self, milliseconds: int, window: str) -> str:
        """Answers a second that took at most so long, over a window."""
        return f"sum(rate({self.bucket(milliseconds)}[{window}]))"

    def bucket(self, milliseconds: int) -> str:
        """The histogram's series of answers that took at most so long."""
        return f"{self.histogram}_bucket{{{self.selector},{self._bound(milliseconds)}}}"

    def quantile_seconds(self, quantile: float, window: str) -> str:
        """The time within which that share of the answers came, in seconds."""
        buckets = f"sum by (le) (rate({self.histogram}_bucket{{{self.selector}}}[{window}]))"
        return f"histogram_quantile({quantile}, {buckets}) / {self.unit}"

    def by_slot(self, expr: str) -> str:
        """An expression over this source's series with the label `slot` on each."""
        return f'label_replace({expr}, "slot", "$1", "{self.slot_label}", "{self.slot_pattern}")'

    def _bound(self, milliseconds: int) -> str:
        bound = milliseconds * self.unit / 1000
        whole, point, fraction = f"{bound:g}".partition(".")
        # Prometheus 3 writes the bound 500 as 500.0, Prometheus 2 as 500.
        return f'le=~"{whole}\\\\.{fraction}"' if point else f'le=~"{whole}(\\\\.0)?"'


SOURCES: Final[Mapping[RequestMetrics, RequestMetricsSource]] = {
    # Envoy under Contour: a cluster is called <namespace>_<Service>_<port>. The maintenance page is another cluster.
    "gateway": RequestMetricsSource(
        counter="envoy_cluster_upstream_rq_xx",
        selector=f'envoy_cluster_name=~"stratmaster-({_SLOTS})_{conventions.API}_{conventions.API_SERVICE_PORT}"',
        failed='envoy_response_code_class="5"',
        histogram="envoy_cluster_upstream_rq_time",
        unit=1000,
        slot_label="envoy_cluster_name",
        slot_pattern=f"stratmaster-({_SLOTS})_.+",
    ),
    # The maintenance page is behind the same Ingress, and answers 503. A scrape may call `service` exported_service.
    "ingress": RequestMetricsSource(
        counter="nginx_ingress_controller_requests",
        selector=(
            f'ingress="{conventions.INGRESS}",service!="{conventions.MAINTENANCE}",'
            f'exported_service!="{conventions.MAINTENANCE}"'
        ),
        failed='status=~"5.."',
        histogram="nginx_ingress_controller_request_duration_seconds",
        unit=1,
        slot_label="service",
        slot_pattern=f".*({_SLOTS}).*",
    ),
    "application": RequestMetricsSource(
        counter="http_requests_total",
        selector=f'namespace=~"stratmaster-({_SLOTS})"',
        failed='status=~"5.."',
        histogram="http_request_duration_seconds",
        unit=1,
        slot_label="namespace",
        slot_pattern=f"stratmaster-({_SLOTS})",
    ),
}
