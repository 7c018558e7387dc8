"""The first consent text. Later ones are written and published in the admin."""

from django.db import migrations
from django.utils import timezone

BODY = """You give MEDINFORM a picture and some facts about yourself, so that a computer model can look for signs of one disease and, if you wish, a practitioner can read the picture too.

The answer is decision support, not a diagnosis. It can be wrong in both directions. Do not start, stop or put off a treatment because of it: talk to a practitioner. In an emergency call your emergency number; nobody watches this portal for emergencies.

Hidden data in the picture file (place, time, camera, names) is removed before it is kept. The picture, the answers and the practitioner's opinion are kept in your record. They are seen by you, by the practitioners who read for you and by the administrators who run this portal. Everyone who opens them is written down.

You can stop at any time: upload nothing more, decline the practitioner's reading, and ask an administrator to close your account."""


def write(apps, schema_editor):
    apps.get_model("accounts", "ConsentText").objects.get_or_create(
        version=1, defaults={"title": "How your pictures are used", "body": BODY, "published_at": timezone.now()}
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
