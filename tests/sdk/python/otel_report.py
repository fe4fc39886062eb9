"""What OpenTelemetry's Python SDK sends over OTLP: a request with a query and a call in it, one of which fails, and a log line.

The protobuf exporters are the SDK's own. The key goes where plain exporters can put one: into a header.
"""

import json
import logging
import os
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

DSN = urlsplit(os.environ["SENTRY_DSN"])
ENDPOINT = f"{DSN.scheme}://{DSN.hostname}:{DSN.port}/v1"
HEADERS = {"x-sentry-auth": f"sentry sentry_key={DSN.username}"}


def check_token(tracer):
    with tracer.start_as_current_span("SELECT users", kind=SpanKind.CLIENT) as span:
        span.set_attributes(
            {
                "db.system.name": "postgresql",
                "db.query.text": "SELECT id FROM users WHERE email = 'ada@example.com' AND id IN (1, 2)",
                "server.address": "db.internal",
            }
        )
    with tracer.start_as_current_span("GET", kind=SpanKind.CLIENT) as span:
        span.set_attributes(
            {
                "http.request.method": "GET",
                "url.full": "https://tokens.example.com/keys/4711?token=hunter2",
                "http.response.status_code": 503,
            }
        )
        span.set_status(Status(StatusCode.ERROR))
    raise PermissionError("no such user")


def main():
    resource = Resource.create(
        {
            "service.name": "auth-service",
            "service.version": "auth@1.2.0",
            "deployment.environment.name": "staging",
        }
    )
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(f"{ENDPOINT}/traces", headers=HEADERS, compression=Compression.Gzip)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{ENDPOINT}/logs", headers=HEADERS)))
    set_logger_provider(logs)
    logging.getLogger("auth").addHandler(LoggingHandler(logger_provider=logs))

    tracer = trace.get_tracer("auth")
    parent = trace.set_span_in_context(
        trace.NonRecordingSpan(
            trace.SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, True, trace.TraceFlags(1))
        )
    )
    try:
        with tracer.start_as_current_span("GET /token", context=parent, kind=SpanKind.SERVER) as span:
            span.set_attributes(
                {
                    "http.request.method": "GET",
                    "http.route": "/token/{user}",
                    "url.path": "/token/42",
                    "http.response.status_code": 401,
                    "http.request.header.authorization": ["Bearer hunter2"],
                }
            )
            logging.getLogger("auth").warning("token of user %d is stale", 42)
            check_token(tracer)
    except PermissionError:
        pass
    provider.shutdown()
    logs.shutdown()
    print(json.dumps({"trace": "0af7651916cd43dd8448eb211c80319c", "parent": "b7ad6b7169203331"}))


main()
