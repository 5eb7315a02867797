import Model
import Testing

@Suite struct SecretTests {
  private let text = "whsec_MfKQ9r8GKYqrTwjU"

  private func dumped(_ value: some Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }

  private func printed(_ value: some Any) -> String {
    var text = ""
    print(value, to: &text)
    debugPrint(value, to: &text)
    return text
  }

  @Test func `a secret shows in no way of showing a value`() {
    let secret = Secret(text)
    #expect("\(secret)" == "***")
    #expect(String(describing: secret) == "***")
    #expect(String(reflecting: secret) == "***")
    #expect(!dumped(secret).contains(text))
    #expect(!printed(secret).contains(text))
    #expect(Mirror(reflecting: secret).children.isEmpty)
    #expect(secret.reveal() == text)
  }

  @Test func `a secret does not show inside of what holds it`() {
    var route = RouteSettings(name: "shop", url: Secret("https://shop.example.com/?token=\(text)"))
    route.secrets = [Secret(text)]
    route.headers = [Header(name: "authorization", value: Secret("Bearer \(text)"))]
    var configuration = Configuration(receive: ReceiveSettings(tokens: [Token(label: "1", value: Secret(text))]), routes: [route])
    configuration.status.token = Secret(text)
    for shown in [dumped(configuration), printed(configuration), "\(configuration)", String(reflecting: configuration)] {
      #expect(!shown.contains(text))
      #expect(shown.contains("***"))
    }
    #expect(!"\(configuration.status.token as Any)".contains(text))
  }

  @Test func `secrets are equal when their texts are`() {
    #expect(Secret(text) == Secret(text))
    #expect(Secret(text) != Secret(text + "x"))
    #expect(Secret("").isEmpty && !Secret(" ").isEmpty)
  }
}
