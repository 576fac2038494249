## Problem pages

problem-400 = Permintaan tidak dapat dipahami
problem-400-do = Alamat atau formulirnya tidak lengkap. Kembali ke halaman sebelumnya, lalu coba lagi.
problem-403 = Anda tidak dapat membuka ini
problem-403-do = Halaman ini bukan untuk Anda, atau formulirnya sudah terlalu lama terbuka. Muat ulang halaman asalnya, lalu coba lagi.
problem-404 = Halaman tidak ditemukan
problem-404-do = Periksa alamatnya, atau cari layanan dari halaman depan.
problem-405 = Tindakan ini tidak tersedia di sini
problem-405-do = Buka halaman dari menu, lalu ulangi langkahnya.
problem-413 = Kiriman terlalu besar
problem-413-do = Kurangi isinya, lalu kirim lagi.
problem-422 = Formulir tidak dapat diterima
problem-422-do = Ada isian yang bertentangan. Kembali ke formulir dan periksa jawabannya.
problem-429 = Terlalu banyak permintaan
problem-429-do = Tunggu sebentar, lalu coba lagi.
problem-500 = Ada gangguan di pihak kami
problem-500-do = Kesalahan ini sudah kami catat. Jawaban yang sudah disimpan tidak hilang. Coba lagi beberapa saat lagi.
problem-503 = Layanan sedang tidak tersedia
problem-503-do = Jawaban yang sudah disimpan tidak hilang. Coba lagi beberapa saat lagi.
problem-again = Coba lagi
problem-home = Ke halaman depan
problem-reference = Sebutkan nomor ini bila Anda menghubungi kami
problem-call = Bantuan 24 jam
