"""The identity stand-in over HTTP: Google's addresses, and side doors that make accounts and tokens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.local.identity import jwt
from backend.local.identity.access import Access, AccessTokens
from backend.local.identity.accounts import ServiceAccounts, subject_of
from backend.local.identity.grant import GRANT_TYPE, Refused, judge
from backend.local.identity.keys import KeyRing
from backend.local.identity.tokens import LIFETIME_S, UserToken, account_claims, signed, user_claims
from backend.local.standin import FaultSwitches, Standin


class IdentityFaults(FaultSwitches):
    """What can be made to go wrong."""

    #: Both addresses of the certificates answer 503.
    certs_down: bool = False
    #: The token endpoint and generateIdToken answer 503.
    tokens_down: bool = False
    #: Seconds that the certificates may be cached; Google gives five to seven hours.
    certs_max_age_s: int = Field(default=21_600, ge=0)
    #: Milliseconds that every answer of Google's addresses is held back.
    delay_ms: int = Field(default=0, ge=0)


class AccountWanted(BaseModel):
    """The account whose key file is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str = Field(min_length=3, pattern="@")
    #: With another domain than Google's, google-auth signs its tokens itself and asks Google nothing.
    universe_domain: str = "googleapis.com"


def create_app(data: Path, *, clock: Callable[[], float] = time.time) -> web.Application:
    """The application over the keys in `data` (made where absent); `clock` gives Unix seconds."""
    app = web.Application(middlewares=[_answer_errors])
    identity = Identity(data, clock)
    identity.standin.add_routes(app)
    router = app.router
    router.add_get("/oauth2/v1/certs", identity.certificates)
    router.add_get("/oauth2/v3/certs", identity.jwks)
    router.add_post("/token", identity.token)
    router.add_get("/tokeninfo", identity.token_info)
    router.add_post(
        "/v1/projects/-/serviceAccounts/{email:[^/:]+}:generateIdToken", identity.generate_id_token
    )
    router.add_post("/_standin/service_accounts", identity.create_account)
    router.add_post("/_standin/id_token", identity.user_token)
    router.add_post("/_standin/rotate", identity.rotate)
    return app


class Identity:
    """The handlers, over the key ring, the accounts and the access tokens."""

    def __init__(self, data: Path, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ring = KeyRing(data)
        self._accounts = ServiceAccounts(data)
        self._access = AccessTokens(data)
        self.standin = Standin("identity", IdentityFaults, self._status)

    def _status(self) -> dict[str, Any]:
        return {"signing_key": self._ring.current.kid, "published_keys": list(self._ring.certificates())}

    async def certificates(self, _request: web.Request) -> web.Response:
        return await self._published(self._ring.certificates())

    async def jwks(self, _request: web.Request) -> web.Response:
        return await self._published(self._ring.jwks())

    async def _published(self, keys: dict[str, Any]) -> web.Response:
        faults = await self._delay()
        self.standin.ledger.add("certs", served=not faults.certs_down)
        if faults.certs_down:
            return web.json_response({"error": "backend_error"}, status=503)
        caching = f"public, max-age={faults.certs_max_age_s}, must-revalidate, no-transform"
        return web.json_response(keys, headers={"Cache-Control": caching})

    async def token(self, request: web.Request) -> web.Response:
        if (await self._delay()).tokens_down:
            return web.json_response({"error": "temporarily_unavailable"}, status=503)
        form = await request.post()
        if form.get("grant_type") != GRANT_TYPE:
            raise Refused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        if not form.get("assertion"):
            raise Refused("invalid_request", "Missing required parameter: assertion")
        now = int(self._clock())
        grant = judge(str(form["assertion"]), self._accounts, _own_address(request), now)
        self.standin.ledger.add("token", email=grant.email, audience=grant.audience, scope=grant.scope)
        if grant.audience is not None:
            claims = account_claims(grant.email, grant.audience, now)
            return web.json_response({"id_token": signed(claims, self._ring.current)})
        access = self._access.mint(Access(grant.email, grant.scope, now + LIFETIME_S))
        return web.json_response(
            {"access_token": access, "expires_in": LIFETIME_S - 1, "token_type": "Bearer"}
        )

    async def token_info(self, request: web.Request) -> web.Response:
        await self._delay()
        now = int(self._clock())
        token = request.query.get("access_token", "")
        access = self._access.open(token, now) or self._self_signed(token, now)
        if access is None:
            raise Refused("invalid_token", "Invalid Value")
        return web.json_response(
            {
                "azp": subject_of(access.email),
                "aud": subject_of(access.email),
                "sub": subject_of(access.email),
                "scope": access.scope,
                "exp": str(access.expires),
                "expires_in": str(access.expires - now),
                "email": access.email,
                "email_verified": "true",
                "access_type": "online",
            }
        )

    def _self_signed(self, token: str, now: int) -> Access | None:
        """Google's APIs take a JWT that a service account signed itself in place of an access token."""
        try:
            header, claims = jwt.read(token)
        except jwt.Malformed:
            return None
        key = self._accounts.public_key(str(claims.get("iss", "")))
        expires = claims.get("exp")
        if key is None or header.get("alg") != "RS256" or not jwt.is_signed_by(token, key):
            return None
        if not isinstance(expires, int) or expires <= now:
            return None
        return Access(claims["iss"], str(claims.get("scope", "")), expires)

    async def generate_id_token(self, request: web.Request) -> web.Response:
        if (await self._delay()).tokens_down:
            return _google_error(503, "UNAVAILABLE", "The service is currently unavailable.")
        email = request.match_info["email"]
        body = await request.json()
        audience = body.get("audience")
        if not audience:
            return _google_error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        if self._accounts.public_key(email) is None:
            return _google_error(404, "NOT_FOUND", f"Not found; Gaia id not found for email {email}")
        self.standin.ledger.add("generate_id_token", email=email, audience=audience)
        include_email = str(body.get("includeEmail", False)).lower() == "true"
        claims = account_claims(email, audience, int(self._clock()), include_email=include_email)
        return web.json_response({"token": signed(claims, self._ring.current)})

    async def create_account(self, request: web.Request) -> web.Response:
        wanted = AccountWanted.model_validate_json(await request.read())
        self._accounts.create(wanted.email)
        self.standin.ledger.add("service_account", email=wanted.email)
        return web.json_response(
            self._accounts.key_file(
                wanted.email, token_uri=_own_address(request), universe_domain=wanted.universe_domain
            )
        )

    async def user_token(self, request: web.Request) -> web.Response:
        wanted = UserToken.model_validate_json(await request.read())
        claims = user_claims(wanted, int(self._clock()))
        self.standin.ledger.add("id_token", sub=claims["sub"], aud=wanted.aud, flaw=wanted.flaw)
        token = signed(claims, self._ring.current, wanted.flaw)
        return web.json_response({"id_token": token, "sub": claims["sub"], "exp": claims["exp"]})

    async def rotate(self, _request: web.Request) -> web.Response:
        key = self._ring.rotate()
        self.standin.ledger.add("rotate", kid=key.kid)
        return web.json_response(self._status())

    async def _delay(self) -> IdentityFaults:
        """The switches as they stand, after the delay they ask for."""
        faults = self.standin.faults
        await asyncio.sleep(faults.delay_ms / 1000)
        return faults


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        body = {"error": refused.error, "error_description": refused.description}
        return web.json_response(body, status=400)
    except ValidationError as error:
        return web.Response(status=422, text=error.json(), content_type="application/json")


def _own_address(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}/token"


def _google_error(code: int, status: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "status": status}}, status=code)
