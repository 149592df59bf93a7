"""Runs Debian's aiosmtpd for the tests: TLS and AUTH as told, every message as one line of JSON on stdout.

Ends when its stdin does, so that it never outlives the test that started it.
"""

import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

settings = json.loads(sys.argv[1])


def tell(line):
    print(json.dumps(line), flush=True)


def authenticate(server, session, envelope, mechanism, data):
    expected = LoginPassword(settings["user"].encode(), settings["password"].encode())
    # `handled=False` leaves the reply, 535, to aiosmtpd.
    return AuthResult(success=data == expected, handled=False)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in settings["reject"]:
            return "550 5.1.1 no such mailbox"
        if address in settings["defer"]:
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        tell({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "raw": base64.b64encode(envelope.original_content).decode(),
            "encrypted": session.ssl is not None or settings["implicit"],
            "authenticated": bool(session.authenticated),
        })
        return "250 OK"


async def main():
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings["certificate"], settings["key"])
    implicit = settings["implicit"]

    def session():
        return SMTP(
            Handler(),
            loop=loop,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=None if implicit else context,
            require_starttls=not implicit,
            auth_required=True,
            # aiosmtpd knows only of STARTTLS; with implicit TLS the whole connection is encrypted already.
            auth_require_tls=not implicit,
            authenticator=authenticate,
        )

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=context if implicit else None)
    tell({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
