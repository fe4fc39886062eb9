//! What mends a problem: the exact command, or the setting of the tool that built the folder.

use std::path::Path;

use crate::artifacts::verify::Problem as OfFile;
use crate::cli::verify::file::Problem;
use crate::cli::verify::server::Server;

/// The file by which a tool is known, what makes it write maps, and what puts the sources' texts in.
const TOOLS: &[(&str, &str, &str)] = &[
    (
        "next.config.",
        "productionBrowserSourceMaps: true",
        "productionBrowserSourceMaps: true, without a devtool of your own",
    ),
    (
        "vite.config.",
        "build: { sourcemap: \"hidden\" }",
        "no sourcemapExcludeSources in build.rollupOptions.output",
    ),
    (
        "webpack.config.",
        "devtool: \"source-map\"",
        "devtool: \"source-map\" instead of \"nosources-source-map\"",
    ),
    ("rollup.config.", "output: { sourcemap: true }", "output: { sourcemapExcludeSources: false }"),
    ("esbuild.config.", "sourcemap: true", "sourcesContent: true"),
    ("tsconfig.json", "\"sourceMap\": true, \"inlineSources\": true", "\"inlineSources\": true"),
];
const PLAIN_CHARACTERS: &str = "/._-+@:=,~";

pub struct Advice {
    inject: String,
    upload: String,
    /// The file of the tool's settings and the tool's row.
    tool: Option<(String, &'static str, &'static str)>,
    folder: String,
}

impl Advice {
    pub fn new(folder: &Path, release: Option<&str>, server: Option<&Server>) -> Self {
        let shown = quoted(&folder.to_string_lossy());
        let to = server.map_or_else(String::new, |server| {
            format!(
                " --url {} sourcemaps upload --org {} --project {}",
                quoted(server.base()),
                quoted(server.org()),
                quoted(server.project())
            )
        });
        let of = release
            .map_or_else(String::new, |release| format!(" --release {} --url-prefix '~/'", quoted(release)));
        Self {
            inject: format!("sentry-cli sourcemaps inject {shown}"),
            upload: format!("sentry-cli{to}{of} {shown}"),
            tool: find_tool(folder),
            folder: shown,
        }
    }

    pub fn on(&self, problem: &Problem) -> String {
        let Self { inject, upload, folder, .. } = self;
        match problem {
            Problem::OfFile(problem) => match problem {
                OfFile::NoDebugId => format!("after the build, before the upload: {inject}"),
                OfFile::IdOnlyInComment | OfFile::IdsDiffer { .. } => {
                    format!("build anew into an empty {folder}, then: {inject}")
                }
                OfFile::NoMap => self.setting("let the build write source maps", |tool| tool.1),
                OfFile::MapAbsent { .. } => {
                    format!("keep the maps in {folder} until they are uploaded, or verify with --url")
                }
                OfFile::LacksTexts { .. } => {
                    self.setting("let the build put sources into its maps", |tool| tool.2)
                }
                OfFile::MapShifted { .. } => {
                    "let nothing change the file after the build: put banners in by the bundler itself"
                        .to_owned()
                }
                OfFile::MapMalformed { .. }
                | OfFile::MapOfOtherId { .. }
                | OfFile::MapEmpty
                | OfFile::MapOutsideFile { .. }
                | OfFile::MapEndsEarly { .. } => format!("build anew into an empty {folder}"),
            },
            Problem::NotUploaded | Problem::NotInRelease | Problem::NoMapUploaded => upload.clone(),
            Problem::UploadedMapMalformed { .. } => {
                format!("build anew into an empty {folder}, then: {inject} && {upload}")
            }
            Problem::UploadedMapLacksTexts => {
                self.setting("let the build put sources into its maps", |tool| tool.2)
            }
        }
    }

    fn setting(
        &self,
        wish: &str,
        pick: impl Fn(&(String, &'static str, &'static str)) -> &'static str,
    ) -> String {
        match &self.tool {
            Some(tool) => format!("in {}: {}", tool.0, pick(tool)),
            None => wish.to_owned(),
        }
    }
}

/// By the settings file in the folder above the build, else where the command runs.
fn find_tool(folder: &Path) -> Option<(String, &'static str, &'static str)> {
    let above = std::path::absolute(folder).ok()?.parent().map(Path::to_owned);
    let places = above.into_iter().chain(std::env::current_dir().ok());
    places.into_iter().find_map(|place| {
        let entries = std::fs::read_dir(place).ok()?;
        let names: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        TOOLS.iter().find_map(|(known, maps, texts)| {
            let name = names.iter().find(|name| name.starts_with(known))?;
            Some((name.clone(), *maps, *texts))
        })
    })
}

/// As a shell reads it.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || PLAIN_CHARACTERS.contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{Advice, quoted};
    use crate::artifacts::verify::Problem as OfFile;
    use crate::cli::verify::file::Problem;

    #[test]
    fn a_command_can_be_copied_into_a_shell() {
        for (text, expected) in [
            ("dist", "dist"),
            ("my dist", "'my dist'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn the_setting_is_that_of_the_tool_that_built() {
        let shop = tempfile::tempdir().expect("a folder");
        let dist = shop.path().join("dist");
        let no_map = Problem::OfFile(OfFile::NoMap);
        for (file, said) in [
            ("tsconfig.json", "in tsconfig.json: \"sourceMap\": true"),
            ("rollup.config.mjs", "in rollup.config.mjs: output: { sourcemap: true }"),
            ("vite.config.ts", "in vite.config.ts: build: { sourcemap: "),
        ] {
            std::fs::write(shop.path().join(file), "").expect("written");
            let advice = Advice::new(&dist, None, None).on(&no_map);
            assert!(advice.starts_with(said), "{advice}");
        }
    }
}
