"""The first consent text in Hindi. Later ones are translated in the admin, before they are published."""

from django.db import migrations

TITLE = "आपकी तस्वीरों का उपयोग कैसे होता है"
BODY = """आप MEDINFORM को एक तस्वीर और अपने बारे में कुछ जानकारी देते हैं, ताकि एक कंप्यूटर मॉडल एक रोग के लक्षण खोज सके और, यदि आप चाहें, तो एक चिकित्सक भी तस्वीर को पढ़ सके।

उत्तर निर्णय में सहायता है, रोग का निदान नहीं। वह दोनों दिशाओं में ग़लत हो सकता है। उसके कारण कोई इलाज शुरू न करें, न रोकें और न टालें: किसी चिकित्सक से बात करें। आपात स्थिति में अपने आपातकालीन नंबर पर फ़ोन करें; आपात स्थितियों के लिए इस पोर्टल पर कोई नज़र नहीं रखता।

तस्वीर की फ़ाइल में छिपी जानकारी (स्थान, समय, कैमरा, नाम) उसे रखने से पहले हटा दी जाती है। तस्वीर, उत्तर और चिकित्सक की राय आपके रिकॉर्ड में रखे जाते हैं। उन्हें आप, आपके लिए पढ़ने वाले चिकित्सक और इस पोर्टल को चलाने वाले प्रशासक देखते हैं। जो भी उन्हें खोलता है, उसका नाम लिखा जाता है।

आप कभी भी रुक सकते हैं: और कुछ अपलोड न करें, चिकित्सक से पढ़वाने से मना कर दें, और किसी प्रशासक से अपना खाता बंद करने को कहें।"""


def write(apps, schema_editor):
    for text in apps.get_model("accounts", "ConsentText").objects.filter(version=1, title="How your pictures are used"):
        text.translations.get_or_create(language="hi", defaults={"title": TITLE, "body": BODY})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_languages")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
