## Header, menus and footer

skip = Langsung ke isi utama
official-site = Situs resmi { $government }
languages = Bahasa
menu = Menu
menu-label = Menu utama
sign-in = Masuk
waiting =
    { $n ->
       *[other] perlu tindakan
    }
shell-portal = Portal layanan publik
shell-desk = Meja petugas
shell-console = Konsol operator simpul
foot-help = Bantuan
foot-status = Status layanan
foot-accessibility = Pernyataan aksesibilitas
foot-privacy = Privasi
foot-phone = Bantuan 24 jam:

## Places

place-services = Layanan
place-cases = Permohonan
place-letters = Dokumen
place-messages = Pesan
place-trail = Jejak data
place-desk = Antrean saya
place-desk-cases = Semua perkara
place-desk-decisions = Keputusan
place-desk-search = Cari orang
place-console = Keadaan simpul
place-members = Anggota
place-offered = Layanan
place-access = Hak akses
place-agreements = Perjanjian
place-certificates = Sertifikat
place-federation = Federasi
place-log = Log pesan
place-traffic = Lalu lintas
place-diagnostics = Diagnostik
place-settings = Pengaturan
group-cases = Perkara
group-persons = Orang
group-exchange = Pertukaran
group-trust = Kepercayaan
group-operation = Operasi

## Session

session-page = Sesi Anda
session-ends = Sesi Anda berakhir pukul { $time } bila tidak dipakai.
session-title = Sesi Anda akan berakhir
session-left = Menit yang tersisa sebelum Anda keluar otomatis:
session-drafts = Jawaban yang sudah disimpan tidak hilang.
session-keep = Tetap masuk
session-leave = Keluar
session-go-on = Lanjutkan
session-ended = Anda sudah keluar
session-ended-about = Sesi Anda telah berakhir. Jawaban yang sudah disimpan menunggu sampai Anda masuk lagi.
