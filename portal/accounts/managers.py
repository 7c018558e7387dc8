from typing import Any

from django.contrib.auth.models import BaseUserManager


class UserManager(BaseUserManager):
    """Creates people by e-mail; the address is kept in lower case, so that nobody owns two spellings of one."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Any:
        fields.pop("is_staff", None)
        fields.pop("is_superuser", None)
        return self.create_user(email, password, **{**fields, "role": "administrator"})

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(email=(username or "").lower())
