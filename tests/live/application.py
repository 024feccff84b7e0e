"""What the tests' own gunicorn serves: the live part alone, without database or templates."""

from flask import Flask

from app.live import echo
from app.live.sock import Sock

app = Flask(__name__)
sock = Sock()
echo.register(sock)
sock.init_app(app)


@app.get("/plain")
def plain() -> str:
    return "plain"
