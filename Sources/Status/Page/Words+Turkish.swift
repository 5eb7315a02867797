import Model

extension Words {
  static let turkish = Words(
    sentences: TurkishSentences(), thousands: ".", decimal: ",",
    shortUnits: Units(millisecond: "ms", second: "sn", minute: "dk", hour: "sa", day: "gün"),
    lastingUnits: Units(millisecond: "milisaniyedir", second: "saniyedir", minute: "dakikadır", hour: "saattir", day: "gündür"),
    lastingFirstUnits: Units(millisecond: "milisaniye", second: "saniye", minute: "dakika", hour: "saat", day: "gün"),
    code: "tr", languageName: "Türkçe", skip: "İçeriğe geç", languages: "Dil", live: "canlı", notLive: "canlı değil: son güncelleme",
    reloadToRefresh: "canlı değil: yenilemek için sayfayı yeniden yükleyin; saat", asOf: "saat", now: "şimdi", justNow: "az önce",
    copy: "Kopyala",
    copied: "Kopyalandı", copyCommand: "Komutu kopyala", problem: "Sorun", note: "Not", lastError: "son hata",
    diagnostics: "Dosyadaki hatalar", furtherTroubles: "Diğer sorunlar",
    traffic: "Trafik", hour: "son saat", day: "son gün", received: "Alınan", delivered: "Teslim edilen", waiting: "Bekleyen",
    dead: "Vazgeçilen", noHistory: "Henüz geçmiş yok", noRateYet: "hız birazdan", noneYet: "henüz yok", none: "yok",
    routes: "Rotalar", routesCaption: "Rotalar: önce sorunlu olanlar, sonra kural dosyasındaki sırayla", route: "Rota", state: "Durum",
    rate: "Dakikada", lag: "Gecikme p95", oldest: "En eski", failedTries: "Başarısız deneme", breaker: "Devre kesici",
    inFlight: "Yolda / pencere", sending: "gönderiliyor", catchingUp: "birikeni gönderiyor", failing: "kopyaları almıyor",
    probing: "kopyaları almıyor, biri deneniyor", pausedByOperator: "operatör duraklattı", pausedGone: "duraklatıldı: 410 yanıtı",
    pausedInFile: "kural dosyasında duraklatıldı", held: "tutuluyor: dosyada yok", breakerClosed: "kapalı", breakerOpen: "açık",
    breakerProbing: "deneniyor", unknownState: "başlıyor",
    details: "Ayrıntılar", nobodyGot: "Kimseye gitmeyenler", unmatched: "Hiçbir rotaya uymayan", filtered: "Durumu istenmeyen",
    quarantine: "Rapor olmayan", publicDoor: "Dış kapı", lastReport: "Son rapor", repeats: "Yinelenen", refused: "Reddedilen",
    refusals: [
      .tokenMissing: "anahtar yok", .tokenEmpty: "boş anahtar", .tokenRepeated: "anahtar iki kez", .tokenWrong: "yanlış anahtar",
      .path: "yanlış yol", .method: "yanlış yöntem", .bodyTooLarge: "gövde çok büyük", .headersTooLarge: "başlıklar çok büyük",
      .malformed: "bozuk istek", .slow: "çok yavaş", .connections: "çok fazla bağlantı",
    ],
    tokens: "Anahtarların son kullanımı", notUsed: "başlangıçtan beri kullanılmadı", relay: "Bu aktarıcı", version: "Sürüm",
    uptime: "Çalışma süresi", rules: "Geçerli kurallar", loaded: "Yüklendi", store: "Depo",
    countedSince:
      "Sayılar depo oluşturulduğundan beridir ve yeniden başlatmada korunur. Hızlar son dakikanın, gecikmeler son dakikalarındır. "
      + "Komutlar bulunulan dizindeki routes.yaml dosyasını, yoksa /etc/dlr-relay/routes.yaml dosyasını okur; başka bir dosya için --config verin.",
    search: "Ara", searchFor: "Rapor, paket veya telefon numarası", moreFilters: "Diğer süzgeçler", copyState: "Kopyalar",
    anyState: "hepsi",
    reportStatus: "Rapor durumu", since: "Başlangıç", until: "Bitiş",
    timesHint:
      "Zaman: 90m, 24h, 7d gibi bir süre önce (m dakika, h saat, d gün) veya 2026-11-23T12:34:56Z. Rapor numarası ne kadar eski olursa olsun bulunur.",
    resultsCaption: "Bulunan raporlar, en yenisi önce", report: "Rapor", packet: "Paket", to: "Alıcı",
    searchFurther: "Daha geriye doğru ara", backToStatus: "Durum sayfasına dön", nothingFound: "Hiçbir şey bulunamadı",
    nothingFoundSoFar: "Şimdiye kadar hiçbir şey bulunamadı", nothingAsked: "Rapor ara", noNumber: "numara yok",
    badTime:
      "Zaman 90m, 24h, 7d gibi bir süre veya 2026-11-23T12:34:56Z gibi yazılır; başlangıç bitişten önce olmalıdır.",
    badState: "Böyle bir kopya durumu yok.",
    badNumber: "Bir rapor numarası, paket numarası veya en az 4 haneli bir telefon numarası yazın.",
    storeUnread: "Depo okunamadı. Birazdan yeniden deneyin.", stateWaiting: "bekliyor", stateDead: "vazgeçildi",
    stateDelivered: "teslim edildi", destinyMatched: "rotalarına kopyalandı", wouldMatch: "Rotalarına kopyalanırdı.",
    destinyUnmatched: "hiçbir rotaya uymadı", destinyFiltered: "hiçbir rota bu durumu istemiyor", stale: "gecikmiş",
    appAnswered: "Uygulamanın yanıtı", rulesNow: "Şu anki kurallara göre",
    rulesUnknown: "Kurallara sorulamıyor: bu raporun içeriği artık saklanmıyor veya bir rapor değil.", getsCopy: "kopya alır",
    getsNone: "kopya almaz", sendAgain: "Yeniden gönder:", sendUnmatched: "Nedenini görmek ve artık uyanları göndermek için:",
    content: "İçerik", bytesGone: "silindi, bu yüzden yeniden gönderilemez", missingReport: "Böyle bir rapor yok",
    missingReportText:
      "Bu numarayla bilinen bir rapor yok; eski raporlar saklama süresi dolunca silinir. Numarayı denetleyin ya da paket veya telefon ile arayın."
  )
}

struct TurkishSentences: Sentences {
  func perMinute(_ number: String) -> String { "\(number)/dk" }
  func ago(_ time: String) -> String { "\(time) önce" }

  func allDelivered() -> String { "Tüm raporlar teslim edildi" }
  func noReportEver() -> String { "Hazır: henüz rapor gelmedi" }
  func onTheirWay(_ copies: String, _ count: Int) -> String { "Her şey yolunda: \(copies) kopya yolda" }
  func nothingWrongButDead(_ copies: String, _ count: Int) -> String { "Şu anda sorun yok, ama \(copies) kopyadan vazgeçildi" }
  func moreTroubles(_ count: Int) -> String { "Bakılacak \(count) konu daha var" }
  func storeNotWritable(_ cause: String?) -> String { "Depoya yazılamıyor" }
  func storeNotWritableDetail() -> String {
    "Raporlara 503 yanıtı veriliyor; sağlayıcının yeniden göndermesi gerekir. Diskte yer açın veya günlüğe bakın."
  }
  func doorSilent() -> String { "Dış kapı yanıt vermiyor" }
  func doorSilentDetail() -> String {
    "Bu makineden açılan bağlantı yanıt alamadı; rapor gelmiyor. Günlüğe bakın ve aktarıcıyı yeniden başlatın."
  }
  func storeUnreadable() -> String { "Depo okunamıyor; en eski kopyanın ne kadardır beklediği bilinmiyor" }
  func diskLow(_ free: String) -> String { "Deponun diskinde yalnızca \(free) boş yer kaldı" }
  func diskLowDetail(_ limit: String) -> String {
    "Bu, \(limit) sınırının altında. Disk dolarsa raporlara 503 yanıtı verilir: yer açın veya store.retention sürelerini kısaltın."
  }
  func failing(_ route: String, lasting: String?, waiting: String) -> String {
    lasting.map { "\(route) rotası \($0) kopyaları almıyor, \(waiting) kopya bekliyor" }
      ?? "\(route) rotası kopyaları almıyor, \(waiting) kopya bekliyor"
  }
  func failingDetail() -> String { "Her seferinde bir kopya deneniyor; uygulama onu alınca gerisi kendiliğinden gider." }
  func gone(_ route: String, ago: String?, waiting: String) -> String {
    "\(route) rotası\(ago.map { " " + $0 } ?? "") 410 Gone yanıtı verdi ve duraklatıldı, \(waiting) kopya bekliyor"
  }
  func goneDetail(every: String) -> String { "Her \(every) bir kopya denenir. Adresini düzeltin veya rotayı devam ettirin." }
  func oldestWaiting(_ route: String, lasting: String, waiting: String) -> String {
    "\(route) rotasının en eski kopyası \(lasting) bekliyor, bekleyen: \(waiting)"
  }
  func leftAlone(_ time: String) -> String { "Uygulama \(time) daha bir şey gönderilmemesini istedi." }
  func silence(_ lasting: String, isNever: Bool) -> String {
    isNever ? "Başlangıçtan beri rapor gelmedi: \(lasting) çalışıyor" : "\(lasting) rapor gelmiyor"
  }
  func silenceDetail() -> String { "Sağlayıcının panelindeki adresi ve aktarıcının önündeki vekil sunucuyu denetleyin." }
  func fileRefused(ago: String?) -> String { "Kural dosyası\(ago.map { " " + $0 } ?? "") kabul edilmedi, önceki hâlâ geçerli" }
  func needsRestart(_ keys: String) -> String { "Kural dosyasında değişen \(keys) için yeniden başlatmak gerekiyor" }
  func needsRestartDetail() -> String { "Dosyanın geri kalanı geçerli." }
  func pausedByOperator(_ route: String, ago: String?, waiting: String) -> String {
    "\(route) rotasını\(ago.map { " " + $0 } ?? "") bir operatör duraklattı, \(waiting) kopya bekliyor"
  }
  func pausedInFile(_ route: String, waiting: String) -> String {
    "\(route) rotası kural dosyasında duraklatılmış, \(waiting) kopya bekliyor"
  }
  func pausedInFileDetail() -> String { "Sürdürmek için dosyadan \u{201C}paused: true\u{201D} satırını çıkarın." }
  func removed(_ route: String, _ waiting: String, _ count: Int) -> String {
    "\(route) rotası artık kural dosyasında yok: \(waiting) kopya bekliyor"
  }
  func removedDetail() -> String { "Bu adla bir rota geri gelene veya kopyalar atılana kadar tutulurlar." }
  func givenUp(_ route: String, _ copies: String, _ count: Int) -> String {
    "\(route) rotasının \(copies) kopyasından, kuralların izin verdiği süre boyunca denendikten sonra vazgeçildi"
  }
  func quarantined(_ bodies: String, _ count: Int) -> String { "Doğru anahtarla gelen \(bodies) istek rapor değildi" }
  func quarantinedDetail() -> String { "retention.quarantine süresi içinde gelenler saklanır." }
  func unmatched(_ reports: String, _ count: Int) -> String { "\(reports) rapor geldiğinde hiçbir rotaya uymadı" }
  func unmatchedDetail() -> String { "retention.unmatched süresi içinde gelenler saklanır." }

  func chartTitle(_ what: String, _ span: String) -> String { "\(what), \(span)" }
  func chartRate(most: String, now: String?) -> String { "Dakikada en çok \(most)" + (now.map { ", en son \($0)." } ?? ".") }
  func chartLevel(most: String, now: String?) -> String { "En çok \(most)" + (now.map { ", en son \($0)." } ?? ".") }
  func chartHasGaps() -> String { "Çizginin kesildiği yerde aktarıcı kapalıydı." }

  func leftAloneState(_ time: String) -> String { "istediği için \(time) gönderilmiyor" }
  func moreRoutesAllWell(_ count: String) -> String { "\(count) rota daha, hepsi yolunda" }
  func moreRoutes(_ count: String, troubled: String) -> String { "\(count) rota daha, \(troubled) tanesi sorunlu" }
  func page(_ number: String) -> String { "sayfa \(number)" }
  func cause(_ failure: TransportFailure) -> String {
    switch failure {
    case .dns: "sunucu adı çözülemedi"
    case .refused: "bağlantı reddedildi"
    case .unreachable: "bağlanılamıyor"
    case .tls: "güvenli bağlantı kurulamadı"
    case .timeoutConnect: "süresinde bağlantı kurulamadı"
    case .timeoutFirstByte: "süresinde yanıt gelmedi"
    case .timeoutWhole: "yanıtın tamamı süresinde gelmedi"
    case .disconnected: "yanıttan önce bağlantı koptu"
    case .unusable: "adres kullanılamıyor"
    case .expired: "çok uzun bekledi"
    }
  }
  func within(_ failure: TransportFailure, _ seconds: String) -> String {
    switch failure {
    case .timeoutConnect: "\(seconds) sn içinde bağlantı kurulamadı"
    case .timeoutFirstByte: "\(seconds) sn içinde yanıt gelmedi"
    default: "yanıtın tamamı \(seconds) sn içinde gelmedi"
    }
  }
  func answered(_ status: String) -> String { "\(status) yanıtı verdi" }

  func searchedRange(from: String, to: String) -> String { "Alındığı zaman: \(from) ile \(to) arası." }
  func searchedUntilHere(_ time: String) -> String { "Şimdiye kadar \(time) zamanına kadar geriye bakıldı." }
  func found(_ count: String, _ number: Int) -> String { "\(count) rapor bulundu" }
  func noSuchRoute(_ name: String) -> String { "\u{201C}\(name)\u{201D} adında bir rota yok." }
  func reportTitle(_ id: String) -> String { "Rapor \(id)" }
  func receivedEvent() -> String { "alındı" }
  func repeated(_ times: String, last: String) -> String { "\(times) kez geldi, en son \(last)" }
  func attempt(_ number: String, _ outcome: String) -> String { "\(number). deneme: \(outcome)" }
  func deliveredAfter(_ tries: String, _ count: Int) -> String { count <= 1 ? "teslim edildi" : "\(tries). denemede teslim edildi" }
  func givenUpAfter(_ tries: String, _ count: Int) -> String { "\(tries) denemeden sonra vazgeçildi" }
  func nextTry(_ time: String) -> String { "sonraki deneme: \(time)" }
  func waitsToBeSent() -> String { "gönderilmeyi bekliyor" }
  func heldBack() -> String { "bu raporun önceki durumunu bekliyor" }
  func replayWaits() -> String { "yeniden gönderilmeyi bekliyor" }
  func claimedFor(_ routes: String) -> String { "Paketi şu rotalar için sahiplenildi: \(routes)." }
  func attemptsLeftOut(_ count: String) -> String { "\(count) başarısız deneme daha, saklanmadı" }
}
