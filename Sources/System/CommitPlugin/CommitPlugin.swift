import Foundation
import PackagePlugin

/// Writes the commit into the program at every build. A manifest could say it too, and is read again only when it changes itself.
@main struct CommitPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) -> [Command] {
    let checkout = context.package.directoryURL
    let folder = context.pluginWorkDirectoryURL.appending(path: "Generated")
    return [
      .prebuildCommand(
        displayName: "Write the commit", executable: URL(filePath: "/bin/sh"),
        arguments: [
          checkout.appending(path: "Sources/System/CommitPlugin/write-commit.sh").path, checkout.path, folder.path,
          ProcessInfo.processInfo.environment["DLR_RELAY_COMMIT"] ?? "",
        ], outputFilesDirectory: folder)
    ]
  }
}
