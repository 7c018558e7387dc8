"""What a person says about a token of theirs: a name, and what it may do. Tokens that exist may do what they could."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def keep_those_that_exist(apps, schema_editor):
    ApiToken = apps.get_model("accounts", "ApiToken")
    for token in apps.get_model("knox", "AuthToken").objects.all():
        ApiToken.objects.create(token=token, scope="all")


def end_those_that_only_read(apps, schema_editor):
    """Undone, nothing says any more what a token may do, and each could do everything: who has one that only reads makes another."""
    apps.get_model("knox", "AuthToken").objects.filter(about__scope="read").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_consent_in_hindi"),
        ("knox", "0009_extend_authtoken_field"),
        migrations.swappable_dependency(settings.KNOX_TOKEN_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="name")),
                (
                    "scope",
                    models.CharField(
                        choices=[("read", "Read only"), ("all", "Everything that I may do")],
                        default="read",
                        max_length=4,
                        verbose_name="what it may do",
                    ),
                ),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "token",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="about", to=settings.KNOX_TOKEN_MODEL),
                ),
            ],
            options={
                "ordering": ["-token__created", "id"],
                "constraints": [models.CheckConstraint(condition=models.Q(("scope__in", ["read", "all"])), name="token_scope_is_known")],
            },
        ),
        migrations.RunPython(keep_those_that_exist, end_those_that_only_read, elidable=True),
    ]
