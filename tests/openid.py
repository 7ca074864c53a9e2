"""A provider of identities on the loopback, as the Hub is one for its Spaces: OpenID Connect, one person, who always says yes."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

CLIENT, TOKEN, NAME = "genhub-client", "hf_oauth_of_ana", "ana"


class Provider:
    """Tells TOKEN to whoever comes with the code that it gave away. asked: what it was asked to sign in with."""

    def __init__(self):
        self.key, self.nonces, self.asked = OctKey.generate_key(256, {"kid": "one"}), {}, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": self}))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "Provider":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()

    def identity(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 600, "nonce": nonce, "preferred_username": NAME}
        return jwt.encode({"alg": "HS256", "kid": "one"}, claims, self.key)


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        url, of = urlsplit(self.path), self.provider
        if url.path == "/.well-known/openid-configuration":
            places = {f"{name}_endpoint": f"{of.url}/{name}" for name in ("authorization", "token", "userinfo")}
            self._json({"issuer": of.url, "jwks_uri": f"{of.url}/keys", "id_token_signing_alg_values_supported": ["HS256"], **places})
        elif url.path == "/keys":
            self._json({"keys": [of.key.as_dict(private=True)]})
        elif url.path == "/authorization":
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            of.asked.append(asked)
            code = f"code-{len(of.asked)}"
            of.nonces[code] = asked["nonce"]
            self.send_response(302)
            back = asked["redirect_uri"]
            self.send_header("Location", f"{back}{'&' if '?' in back else '?'}{urlencode({'code': code, 'state': asked['state']})}")
            self.end_headers()

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        nonce = self.provider.nonces.pop(body["code"][0])
        self._json({"access_token": TOKEN, "token_type": "bearer", "expires_in": 600, "id_token": self.provider.identity(nonce)})

    def _json(self, value) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
