//! Settings: `LIGHTTRACE_*` variables over an optional TOML file. An unknown key in either is an error that names it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use crate::model::ids::PublicKey;
use crate::model::project::RateLimit;

const PREFIX: &str = "LIGHTTRACE_";
/// Of an instance whose settings name none; it goes by the name of the product.
pub const ORG_DEFAULT: &str = "lighttrace";

#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// Public base URL for DSNs and links; no trailing slash in its path.
    pub url: Url,
    pub data_dir: PathBuf,
    /// The organization's slug in API paths.
    pub org: String,
    pub admin: Option<Admin>,
    /// An admin API token that exists from the first start.
    pub api_token: Option<String>,
    /// Projects to ensure at start, in this order.
    pub projects: Vec<ProjectSeed>,
    /// Over all projects together.
    pub rate_limit: Option<RateLimit>,
    pub retention_days: u32,
    pub disk_bytes_max: Option<u64>,
    /// Spans and log records of one project kept in a minute before a sample of them is.
    pub spans_per_minute: u64,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where mail goes out.
    pub smtp: Option<Smtp>,
    /// Whether messages may go to this machine and its private networks.
    pub allow_private_targets: bool,
    /// Who explains errors; `None`: nobody does.
    pub llm: Option<Llm>,
    pub log: String,
    pub log_json: bool,
}

/// The first admin.
#[derive(Clone)]
pub struct Admin {
    pub email: String,
    pub password: String,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Admin({})", self.email)
    }
}

/// The mail server, and whose mail it is.
#[derive(Clone)]
pub struct Smtp {
    /// `smtp://` or `smtps://`, with user and password where the server wants them.
    pub url: Url,
    pub from: String,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Smtp({} as {})", self.url.host_str().unwrap_or_default(), self.from)
    }
}

/// A server that speaks `OpenAI`'s chat completions, and what may be asked of it.
#[derive(Clone)]
pub struct Llm {
    /// Such as `https://api.openai.com/v1`; no slash at the end.
    pub base_url: Url,
    /// Servers on one's own machine want none.
    pub api_key: Option<String>,
    pub model: String,
    /// What the model reads and writes at once, in tokens.
    pub context_tokens: u32,
    /// For explanations that nobody asked for.
    pub tokens_per_day: u64,
    /// For a whole answer. A model on a slow machine may want more than is usual.
    pub timeout: Duration,
}

impl std::fmt::Debug for Llm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Llm({} at {})", self.model, self.base_url.host_str().unwrap_or_default())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSeed {
    pub slug: String,
    /// Random where none is given.
    pub key: Option<PublicKey>,
}

/// Which setting is wrong, and how.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("unknown setting {0}")]
    Unknown(String),
    #[error("{setting}: {reason}")]
    Invalid { setting: String, reason: String },
    #[error("the settings file: {0}")]
    File(String),
}

impl Config {
    /// Reads the text of a settings file, then lets `variables` (all of the environment) win over it.
    pub fn read(
        file: Option<&str>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut settings = BTreeMap::new();
        let mut in_file = BTreeSet::new();
        if let Some(text) = file {
            let table: toml::Table = text
                .parse()
                .map_err(|error: toml::de::Error| ConfigError::File(error.message().to_owned()))?;
            for (key, value) in table {
                settings.insert(key.clone(), file_value(&key, value)?);
                in_file.insert(key);
            }
        }
        for (name, value) in variables {
            if let Some(key) = name.strip_prefix(PREFIX) {
                let key = key.to_ascii_lowercase();
                in_file.remove(&key);
                settings.insert(key, value);
            }
        }
        Self::from_settings(Settings(settings)).map_err(|error| match error {
            ConfigError::Unknown(key) if in_file.contains(&key) => {
                let lower = key.to_ascii_lowercase();
                let hint =
                    if lower == key { String::new() } else { format!("; keys are lower case: `{lower}`") };
                ConfigError::File(format!("unknown key `{key}`{hint}"))
            }
            ConfigError::Unknown(key) => ConfigError::Unknown(variable(&key)),
            other => other,
        })
    }

    fn from_settings(mut settings: Settings) -> Result<Self, ConfigError> {
        let admin_email = settings.take("admin_email");
        let admin_password = settings.take("admin_password");
        let url = settings.url()?;
        let smtp = settings.smtp(url.host_str().unwrap_or_default())?;
        let llm = settings.llm()?;
        let config = Self {
            listen: settings.parse_or("listen", "127.0.0.1:9000")?,
            url,
            data_dir: PathBuf::from(settings.take("data_dir").unwrap_or_else(|| "./lighttrace-data".into())),
            org: settings.slug("org", ORG_DEFAULT)?,
            admin: admin(admin_email, admin_password)?,
            api_token: settings.take("api_token"),
            projects: settings.projects()?,
            rate_limit: settings.rate_limit()?,
            retention_days: settings.parse_or("retention_days", "90")?,
            disk_bytes_max: settings.parse_optional("disk_max_bytes")?,
            spans_per_minute: settings.parse_or("spans_per_minute", "600000")?,
            trusted_proxies: settings.networks("trusted_proxies")?,
            smtp,
            allow_private_targets: settings.switch("allow_private_targets")?,
            llm,
            log: settings.take("log").unwrap_or_else(|| "info".into()),
            log_json: settings.log_format()?,
        };
        if !(1..=3650).contains(&config.retention_days) {
            return Err(invalid("retention_days", "expected 1 to 3650 days"));
        }
        settings.0.into_keys().next().map_or(Ok(config), |key| Err(ConfigError::Unknown(key)))
    }
}

/// Fewer hold no evidence beside the prompt and room for an answer; more than the largest models take is a mistake.
const LLM_CONTEXT_TOKENS: std::ops::RangeInclusive<u32> = 4_096..=1_000_000;
/// One explanation of the usual size.
const LLM_TOKENS_PER_DAY_MIN: u64 = 20_000;
const LLM_TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 1..=600;

struct Settings(BTreeMap<String, String>);

impl Settings {
    fn take(&mut self, key: &str) -> Option<String> {
        self.0.remove(key).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn parse_optional<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        key: &str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.take(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|error| invalid(key, &format!("`{text}`: {error}")))
    }

    fn parse_or<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        key: &str,
        default: &str,
    ) -> Result<T, ConfigError> {
        let text = self.take(key).unwrap_or_else(|| default.to_owned());
        text.parse().map_err(|error| invalid(key, &format!("`{text}`: {error}")))
    }

    /// Off where it is not set.
    fn switch(&mut self, key: &str) -> Result<bool, ConfigError> {
        match self.take(key).map(|text| text.to_ascii_lowercase()).as_deref() {
            None | Some("false" | "0" | "no" | "off") => Ok(false),
            Some("true" | "1" | "yes" | "on") => Ok(true),
            Some(_) => Err(invalid(key, "expected `true` or `false`")),
        }
    }

    fn url(&mut self) -> Result<Url, ConfigError> {
        let url: Url = self.parse_or("url", "http://localhost:9000")?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(invalid("url", "expected http://HOST or https://HOST"));
        }
        Ok(url)
    }

    /// A URL with a host, which may hold a password: the error does not repeat it.
    fn address(&mut self, key: &str, schemes: &[&str]) -> Result<Option<Url>, ConfigError> {
        let Some(text) = self.take(key) else { return Ok(None) };
        let url = text.parse::<Url>().ok();
        let url = url.filter(|url| {
            schemes.contains(&url.scheme()) && url.host_str().is_some_and(|host| !host.is_empty())
        });
        let expected =
            schemes.iter().map(|scheme| format!("{scheme}://HOST")).collect::<Vec<_>>().join(" or ");
        url.map(Some).ok_or_else(|| invalid(key, &format!("expected {expected}")))
    }

    /// Without `smtp_from`, mail comes from `lighttrace` at the host of `url`.
    fn smtp(&mut self, host: &str) -> Result<Option<Smtp>, ConfigError> {
        let from = self.take("smtp_from");
        let Some(url) = self.address("smtp_url", &["smtp", "smtps"])? else { return Ok(None) };
        if from.as_ref().is_some_and(|from| !from.contains('@')) {
            return Err(invalid("smtp_from", "expected an address, or NAME <ADDRESS>"));
        }
        Ok(Some(Smtp { url, from: from.unwrap_or_else(|| format!("LightTrace <lighttrace@{host}>")) }))
    }

    /// The key is never repeated by an error. Beside an address a model is needed, and nothing without one.
    fn llm(&mut self) -> Result<Option<Llm>, ConfigError> {
        let (api_key, model) = (self.take("llm_api_key"), self.take("llm_model"));
        let context_tokens = self.parse_or("llm_context_tokens", "16384")?;
        let tokens_per_day = self.parse_or("llm_tokens_per_day", "500000")?;
        let seconds = self.parse_or("llm_timeout_seconds", "120")?;
        if !LLM_CONTEXT_TOKENS.contains(&context_tokens) {
            return Err(invalid("llm_context_tokens", "expected 4096 to 1000000 tokens"));
        }
        if tokens_per_day < LLM_TOKENS_PER_DAY_MIN {
            let reason =
                "expected 20000 tokens or more; a project explains nothing by itself unless it is told to";
            return Err(invalid("llm_tokens_per_day", reason));
        }
        if !LLM_TIMEOUT_SECONDS.contains(&seconds) {
            return Err(invalid("llm_timeout_seconds", "expected 1 to 600 seconds"));
        }
        if api_key.as_ref().is_some_and(|key| !key.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(invalid(
                "llm_api_key",
                "expected letters, digits and signs of ASCII, without blanks",
            ));
        }
        let base_url = self.address("llm_base_url", &["http", "https"])?;
        let Some(base_url) = base_url else { return Ok(None) };
        let model = model.ok_or_else(|| invalid("llm_model", "is needed beside LIGHTTRACE_LLM_BASE_URL"))?;
        let timeout = Duration::from_secs(seconds);
        Ok(Some(Llm { base_url, api_key, model, context_tokens, tokens_per_day, timeout }))
    }

    fn slug(&mut self, key: &str, default: &str) -> Result<String, ConfigError> {
        let slug = self.take(key).unwrap_or_else(|| default.to_owned());
        if is_slug(&slug) { Ok(slug) } else { Err(invalid(key, SLUG_RULE)) }
    }

    fn projects(&mut self) -> Result<Vec<ProjectSeed>, ConfigError> {
        let text = self.take("projects").unwrap_or_else(|| "default".into());
        let texts = text.split(',').map(str::trim).filter(|seed| !seed.is_empty());
        let seeds: Vec<ProjectSeed> = texts.map(project_seed).collect::<Result<_, _>>()?;
        let mut keys: Vec<_> = seeds.iter().filter_map(|seed| seed.key).collect();
        keys.sort_unstable_by_key(|key| key.0);
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(invalid("projects", &format!("the key {} stands there twice", pair[0]))),
            None => Ok(seeds),
        }
    }

    fn rate_limit(&mut self) -> Result<Option<RateLimit>, ConfigError> {
        let Some(text) = self.take("rate_limit") else { return Ok(None) };
        parse_rate_limit(&text).map(Some).ok_or_else(|| {
            invalid("rate_limit", "expected COUNT/sec, COUNT/min or COUNT/hour, such as 1000/min")
        })
    }

    fn networks(&mut self, key: &str) -> Result<Vec<IpNet>, ConfigError> {
        let text = self.take(key).unwrap_or_default();
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| {
                let address = part.parse::<std::net::IpAddr>().map(IpNet::from);
                part.parse::<IpNet>()
                    .or(address)
                    .map_err(|_| invalid(key, &format!("`{part}` is no network")))
            })
            .collect()
    }

    fn log_format(&mut self) -> Result<bool, ConfigError> {
        match self.take("log_format").as_deref() {
            None | Some("text") => Ok(false),
            Some("json") => Ok(true),
            Some(_) => Err(invalid("log_format", "expected `text` or `json`")),
        }
    }
}

const SLUG_RULE: &str = "expected 1 to 50 lower-case letters, digits, `-` or `_`, not only digits";

/// Whether a text can name a project or an organization in a path.
pub fn is_slug(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=50).contains(&text.len()) && text.bytes().all(allowed) && !text.bytes().all(|b| b.is_ascii_digit())
}

/// Reads `1000/min`.
pub fn parse_rate_limit(text: &str) -> Option<RateLimit> {
    let (count, unit) = text.split_once('/')?;
    let seconds = match unit.trim() {
        "s" | "sec" | "second" => 1,
        "m" | "min" | "minute" => 60,
        "h" | "hour" => 3600,
        _ => return None,
    };
    let count = count.trim().parse().ok().filter(|&count| count > 0)?;
    Some(RateLimit { count, seconds })
}

fn project_seed(text: &str) -> Result<ProjectSeed, ConfigError> {
    let (slug, key) = match text.split_once(':') {
        Some((slug, key)) => (slug, Some(key)),
        None => (text, None),
    };
    if !is_slug(slug) {
        return Err(invalid("projects", SLUG_RULE));
    }
    let key = key
        .map(str::parse)
        .transpose()
        .map_err(|_| invalid("projects", "a key has 32 hexadecimal digits"))?;
    Ok(ProjectSeed { slug: slug.to_owned(), key })
}

fn admin(email: Option<String>, password: Option<String>) -> Result<Option<Admin>, ConfigError> {
    match (email, password) {
        (None, None) => Ok(None),
        (Some(email), Some(password)) => Ok(Some(Admin { email, password })),
        (Some(_), None) => Err(invalid("admin_password", "is needed beside LIGHTTRACE_ADMIN_EMAIL")),
        (None, Some(_)) => Err(invalid("admin_email", "is needed beside LIGHTTRACE_ADMIN_PASSWORD")),
    }
}

fn file_value(key: &str, value: toml::Value) -> Result<String, ConfigError> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        toml::Value::Array(items) => {
            let items: Result<Vec<_>, _> = items.into_iter().map(|item| file_value(key, item)).collect();
            Ok(items?.join(","))
        }
        _ => Err(invalid(key, "expected a text, a number, or a list of texts")),
    }
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase())
}

fn invalid(key: &str, reason: &str) -> ConfigError {
    ConfigError::Invalid { setting: variable(key), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::read(Some(file), variables)
    }

    #[test]
    fn defaults_and_precedence() {
        let config = read("", &[("PATH", "/bin")]).expect("defaults");
        assert_eq!(config.listen.to_string(), "127.0.0.1:9000");
        assert_eq!(config.projects, [ProjectSeed { slug: "default".into(), key: None }]);
        assert_eq!(config.rate_limit, None);
        let config = read("org = \"acme\"\nretention_days = 7", &[("LIGHTTRACE_ORG", "shop")]).expect("both");
        assert_eq!((config.org.as_str(), config.retention_days), ("shop", 7));
    }

    #[test]
    fn projects_take_keys() {
        let variables = [("LIGHTTRACE_PROJECTS", "web:0123456789abcdef0123456789abcdef, api")];
        let projects = read("", &variables).expect("valid").projects;
        assert_eq!(projects.len(), 2);
        assert_eq!(projects[0].key.expect("given").to_string(), "0123456789abcdef0123456789abcdef");
    }

    #[test]
    fn errors_name_the_setting() {
        let cases = [
            ("LIGHTTRACE_NOPE", "1", "LIGHTTRACE_NOPE"),
            ("LIGHTTRACE_LISTEN", "here", "LIGHTTRACE_LISTEN"),
            ("LIGHTTRACE_URL", "ftp://x", "LIGHTTRACE_URL"),
            ("LIGHTTRACE_RATE_LIMIT", "0/min", "LIGHTTRACE_RATE_LIMIT"),
            ("LIGHTTRACE_PROJECTS", "123", "LIGHTTRACE_PROJECTS"),
            ("LIGHTTRACE_RETENTION_DAYS", "0", "LIGHTTRACE_RETENTION_DAYS"),
            ("LIGHTTRACE_ADMIN_EMAIL", "a@b.c", "LIGHTTRACE_ADMIN_PASSWORD"),
            ("LIGHTTRACE_TRUSTED_PROXIES", "10.0.0.0/99", "LIGHTTRACE_TRUSTED_PROXIES"),
            ("LIGHTTRACE_SMTP_URL", "mail.example.org", "LIGHTTRACE_SMTP_URL"),
            ("LIGHTTRACE_SMTP_URL", "http://mail.example.org", "LIGHTTRACE_SMTP_URL"),
            ("LIGHTTRACE_LLM_BASE_URL", "https://", "LIGHTTRACE_LLM_BASE_URL"),
            ("LIGHTTRACE_LLM_BASE_URL", "http://127.0.0.1:8080/v1", "LIGHTTRACE_LLM_MODEL"),
            ("LIGHTTRACE_LLM_CONTEXT_TOKENS", "100", "LIGHTTRACE_LLM_CONTEXT_TOKENS"),
            ("LIGHTTRACE_LLM_TOKENS_PER_DAY", "1", "LIGHTTRACE_LLM_TOKENS_PER_DAY"),
            ("LIGHTTRACE_LLM_TIMEOUT_SECONDS", "0", "LIGHTTRACE_LLM_TIMEOUT_SECONDS"),
            ("LIGHTTRACE_LLM_API_KEY", "two words", "LIGHTTRACE_LLM_API_KEY"),
            ("LIGHTTRACE_ALLOW_PRIVATE_TARGETS", "perhaps", "LIGHTTRACE_ALLOW_PRIVATE_TARGETS"),
            (
                "LIGHTTRACE_PROJECTS",
                "a:0123456789abcdef0123456789abcdef,b:0123456789abcdef0123456789abcdef",
                "LIGHTTRACE_PROJECTS",
            ),
        ];
        for (name, value, named) in cases {
            let error = read("", &[(name, value)]).expect_err(name).to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_of_the_file_is_named_as_it_stands_there() {
        for (file, named) in
            [("nope = 1", "`nope`"), ("LISTEN = \"x\"", "`LISTEN`; keys are lower case: `listen`")]
        {
            let error = read(file, &[]).expect_err(file).to_string();
            assert!(error.contains("the settings file: unknown key") && error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_bad_mail_address_is_not_repeated_with_its_password() {
        let error =
            read("", &[("LIGHTTRACE_SMTP_URL", "smpt://me:secret@mail")]).expect_err("a scheme of none");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn a_model_is_set_up_by_its_address_and_its_name_and_the_key_is_shown_nowhere() {
        let address = ("LIGHTTRACE_LLM_BASE_URL", "https://llm.example.org/v1");
        let key = ("LIGHTTRACE_LLM_API_KEY", "sk-hidden");
        let config = read("", &[address, key, ("LIGHTTRACE_LLM_MODEL", "small")]).expect("valid");
        let llm = config.llm.as_ref().expect("set up");
        assert_eq!((llm.context_tokens, llm.tokens_per_day), (16_384, 500_000));
        assert!(!format!("{config:?}").contains("hidden"));
        // One environment may serve instances with and without.
        assert!(read("", &[key]).expect("valid").llm.is_none());
        let error = read("", &[address, ("LIGHTTRACE_LLM_API_KEY", "sk hidden")]).expect_err("a blank");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}
