"""A mail server for one test: prints the port it listens on, then each mail it takes as a line of JSON.

`--tls smtps|starttls` encrypts with `tls/server.pem`, `--user NAME:PASSWORD` wants a sign-in. What an address is called says
what becomes of its mail: `busy-once@` is refused for now the first time, `nobody@` for ever, `hang@` is never answered.
"""

import argparse
import asyncio
import email
import email.policy
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Receiver:
    def __init__(self):
        self.busy = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.partition("@")[0]
        if name == "busy-once" and address not in self.busy:
            self.busy.add(address)
            return "450 4.2.1 Try again later"
        if name == "nobody":
            return "550 5.1.1 No such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
        mail = {
            "to": envelope.rcpt_tos,
            "from": message["From"],
            "subject": message["Subject"],
            "id": message["Message-ID"],
            "headers": {name.lower(): value for name, value in message.items()},
            "parts": parts,
            "encrypted": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
            "user": session.auth_data.login.decode() if session.authenticated else None,
        }
        print(json.dumps(mail), flush=True)
        if envelope.rcpt_tos[0].startswith("hang@"):
            await asyncio.Event().wait()
        return "250 OK"


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pathlib.Path(__file__).parent / "tls" / "server.pem")
    return context


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", choices=["smtps", "starttls"])
    parser.add_argument("--user")
    asked = parser.parse_args()
    receiver = Receiver()

    def authenticate(server, session, envelope, mechanism, auth_data):
        given = f"{auth_data.login.decode()}:{auth_data.password.decode()}"
        return AuthResult(success=given == asked.user, handled=False, auth_data=auth_data)

    def smtp():
        return SMTP(
            receiver,
            tls_context=tls() if asked.tls == "starttls" else None,
            authenticator=authenticate if asked.user else None,
            auth_required=asked.user is not None,
            # Nobody offers a sign-in in the clear; whether a client would use it is what is tested.
            auth_require_tls=False,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(smtp, "127.0.0.1", 0, ssl=tls() if asked.tls == "smtps" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with the test, which holds the other end of the pipe.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
