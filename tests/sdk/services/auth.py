"""Knows who is who, in Python with OpenTelemetry, which sends to `/v1/traces` with the project's key in a header.

Whoever calls with W3C's `traceparent` is understood by OpenTelemetry itself; Sentry's Python SDK sends `sentry-trace` alone,
which the propagator reads that Sentry made for OpenTelemetry.
"""

import os

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sentry_sdk.integrations.opentelemetry import SentryPropagator

from serving import serve

resource = Resource.create(
    {
        "service.name": "auth-service",
        "service.version": "auth@0.9.1",
        "deployment.environment.name": "staging",
    }
)
exporter = OTLPSpanExporter(
    endpoint=f"{os.environ['OTLP_URL']}/v1/traces",
    headers={"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={os.environ['SENTRY_KEY']}"},
)
provider = TracerProvider(resource=resource)
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)
propagate.set_global_textmap(CompositePropagator([SentryPropagator(), TraceContextTextMapPropagator()]))
tracer = trace.get_tracer("auth", "0.9.1")


class TokenExpired(Exception):
    pass


def find_session(authorization):
    attributes = {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.query.text": "SELECT id, expires_at FROM sessions WHERE token = $1",
    }
    with tracer.start_as_current_span("SELECT sessions", kind=SpanKind.CLIENT, attributes=attributes):
        return {"is_expired": authorization == "Bearer expired"}


def verify(session):
    with tracer.start_as_current_span("verify token") as span:
        if session["is_expired"]:
            # The exception is recorded on the span as it passes.
            span.set_status(Status(StatusCode.ERROR, "token expired"))
            raise TokenExpired("token expired 5 minutes ago")


def application(environ, start_response):
    session = find_session(environ.get("HTTP_AUTHORIZATION", ""))
    status, body = "200 OK", b"{}"
    if environ["PATH_INFO"] == "/token":
        try:
            verify(session)
        except TokenExpired:
            status, body = "401 Unauthorized", b'{"detail": "token expired"}'
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


serve(OpenTelemetryMiddleware(application), provider.shutdown)
