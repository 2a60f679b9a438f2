"""Prometheus metrics of a worker: the SDK's own, and ours beside them on the same port. Labels are coded."""

from __future__ import annotations

import socket
from typing import Final

from temporalio.common import MetricCounter, MetricHistogramTimedelta
from temporalio.runtime import LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig, TelemetryFilter

from worker.problems import Problem

ACTIVITY_OUTCOMES: Final = "carepath_activity_outcomes"
ACTIVITY_SECONDS: Final = "carepath_activity_seconds"


def make_runtime(port: int, *, host: str = "0.0.0.0") -> Runtime:
    """The SDK's runtime; with a port other than 0 it serves ``/metrics`` there, to scrapers on other machines too.

    Raises:
        Problem: `E-SETTING-VALUE` when something listens there already.
    """
    logging = LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"))
    if port == 0:
        return Runtime(telemetry=TelemetryConfig(logging=logging))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"port {port}: {(error.strerror or str(error)).lower()}; give each worker a port of its own"
            raise Problem("E-SETTING-VALUE", name="CAREPATH_METRICS_PORT", reason=reason) from error
    metrics = PrometheusConfig(bind_address=f"{host}:{port}", durations_as_seconds=True, counters_total_suffix=True)
    return Runtime(telemetry=TelemetryConfig(logging=logging, metrics=metrics))


class Meters:
    """Our own instruments on the runtime's meter."""

    def __init__(self, runtime: Runtime) -> None:
        meter = runtime.metric_meter
        self.outcomes: MetricCounter = meter.create_counter(
            ACTIVITY_OUTCOMES, "Tries of activities by how they ended: ok, or the coded type of the failure", "1"
        )
        self.seconds: MetricHistogramTimedelta = meter.create_histogram_timedelta(
            ACTIVITY_SECONDS, "How long one try of an activity took", "s"
        )
