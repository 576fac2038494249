## Halaman pertama

home-title = Apa yang ingin Anda lakukan?
home-lead = Layanan publik dan hak atas data Anda sendiri, di satu tempat.
home-empty = Belum ada yang ditawarkan di sini.
home-trail = Setiap kantor yang memakai data Anda, di dalam dan luar negeri, beserta buktinya.
home-account = Siapa yang masuk, di perangkat mana, dan jalan keluar.

## Judul

trail-title = Siapa yang memakai data saya
account-title = Akun Anda

## Masuk dan akun

home = Beranda
sign-in-cancelled = Anda belum masuk
sign-in-cancelled-about = Layanan identitas mengakhiri proses masuk. Tidak ada yang berubah.
role-citizen = Warga
role-officer = Petugas
role-operator = Operator
account-name = Nama
account-roles = Anda masuk sebagai
account-here = Masuk sejak
account-this = Perangkat ini
account-others = Perangkat lain
account-no-others = Anda hanya masuk di perangkat ini.
account-seen = Masuk { $begun }, terakhir dipakai { $seen }.
account-end = Keluar dari sana
account-end-others = Keluar dari semua perangkat lain
