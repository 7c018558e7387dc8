"""What is recommended, and how soon, become two questions. What was signed before keeps the words that it had, and rules their meaning."""

from django.db import migrations, models
from django.db.models import Q

from medinform.operations import AddFieldKeepingDefault, AtOnce

URGENCY = [("routine", "in the next weeks"), ("soon", "in the next days"), ("urgent", "today"), ("now", "now, as an emergency")]
RECOMMENDATION = [
    ("none", "Nothing more is needed for now"),
    ("repeat", "Take the picture again"),
    ("test", "Have a further test"),
    ("visit", "See a practitioner"),
    ("clinic", "Go to a clinic or a hospital"),
]


def split(apps, schema_editor):
    opinions, rules = (apps.get_model("reviews", name).objects for name in ("Opinion", "CriticalRule"))
    opinions.filter(recommendation="urgent").update(recommendation="clinic", urgency="urgent")
    opinions.filter(recommendation="visit", urgency="").update(urgency="soon")
    rules.filter(recommendation="urgent").update(recommendation="", urgency="urgent")


def join(apps, schema_editor):
    opinions, rules = (apps.get_model("reviews", name).objects for name in ("Opinion", "CriticalRule"))
    opinions.filter(recommendation="clinic").update(recommendation="urgent")
    rules.filter(recommendation="clinic").update(recommendation="urgent")
    rules.filter(recommendation="", urgency="urgent").update(recommendation="urgent")
    rules.filter(finding="", recommendation="").delete()


class Migration(migrations.Migration):
    dependencies = [("reviews", "0002_second_reading")]

    operations = [
        migrations.AlterModelOptions(name="criticalrule", options={"ordering": ["disease", "finding", "recommendation", "urgency"]}),
        migrations.RemoveConstraint(model_name="criticalrule", name="one_rule_a_kind_of_opinion"),
        migrations.RemoveConstraint(model_name="criticalrule", name="a_rule_is_about_something"),
        AddFieldKeepingDefault(
            model_name="criticalrule",
            name="urgency",
            field=models.CharField(
                blank=True, choices=URGENCY, default="", help_text="How soon the patient should act, or sooner.", max_length=10
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="criticalrule",
            name="recommendation",
            field=models.CharField(blank=True, choices=RECOMMENDATION, max_length=10),
        ),
        migrations.AddConstraint(
            model_name="criticalrule",
            constraint=models.UniqueConstraint(
                fields=("disease", "finding", "recommendation", "urgency"), name="one_rule_a_kind_of_opinion"
            ),
        ),
        migrations.AddConstraint(
            model_name="criticalrule",
            constraint=models.CheckConstraint(
                condition=Q(finding__gt="") | Q(recommendation__gt="") | Q(urgency__gt=""), name="a_rule_is_about_something"
            ),
        ),
        AtOnce(
            ["opinion"],
            [
                AddFieldKeepingDefault(
                    model_name="opinion",
                    name="details",
                    field=models.JSONField(blank=True, default=dict, help_text="What the form of the disease asks: structured.py."),
                ),
                AddFieldKeepingDefault(
                    model_name="opinion",
                    name="urgency",
                    field=models.CharField(
                        blank=True, choices=URGENCY, default="", help_text="How soon; empty when nothing more is needed.", max_length=10
                    ),
                    preserve_default=False,
                ),
                migrations.AlterField(
                    model_name="opinion", name="recommendation", field=models.CharField(choices=RECOMMENDATION, max_length=10)
                ),
                migrations.AddConstraint(
                    model_name="opinion",
                    constraint=models.CheckConstraint(
                        condition=~Q(recommendation="none") | Q(urgency=""), name="nothing_to_do_is_not_urgent"
                    ),
                ),
            ],
        ),
        migrations.RunPython(split, join),
    ]
