## The frame alone: what is missing comes in English and is marked so.

skip = انتقل إلى المحتوى الرئيسي
official-site = الموقع الرسمي: { $government }
languages = اللغة
menu = القائمة
menu-label = القائمة الرئيسية
sign-in = تسجيل الدخول
place-services = الخدمات
place-cases = طلباتي
place-letters = الوثائق
place-messages = الرسائل
place-trail = سجل بياناتي
search = بحث
foot-help = المساعدة
foot-privacy = الخصوصية
