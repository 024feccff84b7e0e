"""Who can sign in on a developer's machine, and what the provider that says so is called."""

from dataclasses import dataclass

HOST = "127.0.0.1"
DEFAULT_PORT = 8001


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the local provider knows from the start."""

    email: str
    name: str
    role: str
    """What they may do in the demo organization."""

    @property
    def subject(self) -> str:
        """Their lasting name at the provider; for whoever types an address it is that address."""
        return self.email


PEOPLE = (
    Person("mara@northwind.example", "Mara Lind", "admin"),
    Person("jonas@northwind.example", "Jonas Weber", "editor"),
    Person("vera@northwind.example", "Vera Costa", "viewer"),
)


def issuer(port: int) -> str:
    """The provider's name and address. Accounts are tied to it, so the port stays the same from start to start."""
    return f"http://{HOST}:{port}"
