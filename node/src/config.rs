//! Settings: flags over environment over the profile's `config.toml` over the
//! default. (A signed policy will stand above all and only tighten.)

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kith_api::Setting;
use kith_screen::look::{Language, Look, Scale};

use crate::swarm::Addr;
use thiserror::Error;

/// The largest settings file that is read, in bytes.
const FILE_MAX: u64 = 64 * 1024;

/// Why the settings can't be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// No such setting.
    #[error("there is no setting “{0}”; “kith config” lists them all")]
    Unknown(String),
    /// A value that the setting doesn't take.
    #[error("{key} can't be “{value}”: {wanted}")]
    Value {
        /// The setting.
        key: String,
        /// What was given.
        value: String,
        /// What it takes.
        wanted: &'static str,
    },
    /// The file can't be understood; it is left as it is.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Port for UDP and TCP; 0 lets the system choose.
    pub port: u16,
    /// Finding people on the local network.
    pub mdns: OnOff,
    /// Asking the router to open a port (PORT-1).
    pub router: OnOff,
    /// Finding people across networks.
    pub dht: OnOff,
    /// Relaying for contacts, when publicly reachable (DISC-6).
    pub relay: OnOff,
    /// Whether this machine's own addresses count as a network.
    pub loopback: Loopback,
    /// Addresses outside that lead to this device: a forwarded port, or a
    /// public address of its own. They make it reachable for all, so that it
    /// relays for contacts and serves the DHT.
    pub external: Vec<Addr>,
    /// Lock when nothing was asked for so long (ID-7); none: never.
    pub lock_after: Idle,
    /// Locking before this machine sleeps (ID-7).
    pub lock_on_suspend: OnOff,
    /// In which language Kith's own windows on the screen are (UI-1).
    pub language: Wish,
    /// How large they are, beside the screen's own scale.
    pub scale: Scale,
}

impl Config {
    /// How Kith's own windows on the screen look.
    #[must_use]
    pub fn look(&self) -> Look {
        Look {
            language: self.language.0.unwrap_or_else(of_environment),
            scale: self.scale,
        }
    }
}

/// What the environment says, as programs go by it.
fn of_environment() -> Language {
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
    let mut said = said.filter_map(|name| std::env::var(name).ok());
    let wish = said.find(|value| !value.is_empty());
    Language::for_wish(&wish.unwrap_or_default())
}

/// A language; none: what the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wish(pub Option<Language>);

impl FromStr for Wish {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "system" => Ok(Self(None)),
            code => Ok(Self(Some(code.parse()?))),
        }
    }
}

impl std::fmt::Display for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.map_or("system", Language::code))
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOff {
    /// On.
    On,
    /// Off.
    Off,
}

impl FromStr for OnOff {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "on" | "true" => Ok(Self::On),
            "off" | "false" => Ok(Self::Off),
            _ => Err(()),
        }
    }
}

impl std::fmt::Display for OnOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::On => "on",
            Self::Off => "off",
        })
    }
}

/// Whether this machine's own addresses count as a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// They do.
    On,
    /// They don't.
    Off,
    /// They are the only one: nothing is listened to from elsewhere.
    Only,
}

impl Loopback {
    /// Whether they count.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::On | Self::Only)
    }
}

impl FromStr for Loopback {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match (text, text.parse()) {
            ("only", _) => Ok(Self::Only),
            (_, Ok(OnOff::On)) => Ok(Self::On),
            (_, Ok(OnOff::Off)) => Ok(Self::Off),
            (_, Err(())) => Err(()),
        }
    }
}

impl std::fmt::Display for Loopback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Only => "only",
        })
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            mdns: OnOff::On,
            router: OnOff::On,
            dht: OnOff::On,
            relay: OnOff::On,
            loopback: Loopback::Off,
            external: Vec::new(),
            lock_after: Idle::default(),
            lock_on_suspend: OnOff::On,
            language: Wish::default(),
            scale: Scale::default(),
        }
    }
}

/// How long nothing may be asked before the profile is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Idle {
    seconds: u32,
}

impl Idle {
    /// That long; `None`: for ever.
    #[must_use]
    pub fn limit(self) -> Option<Duration> {
        (self.seconds > 0).then(|| Duration::from_secs(self.seconds.into()))
    }
}

impl FromStr for Idle {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, unit) = match text.strip_suffix('s') {
            Some(number) => (number, 1),
            None => (text, 60),
        };
        let number: u16 = number.parse().map_err(|_| ())?;
        let seconds = u32::from(number) * unit;
        Ok(Self { seconds })
    }
}

impl std::fmt::Display for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.seconds.is_multiple_of(60) {
            true => write!(f, "{}", self.seconds / 60),
            false => write!(f, "{}s", self.seconds),
        }
    }
}

/// One setting: how to read and show it.
struct Key {
    name: &'static str,
    help: &'static str,
    wanted: &'static str,
    get: fn(&Config) -> String,
    set: fn(&mut Config, &str) -> Result<(), ()>,
}

fn parse<T: FromStr>(to: &mut T, text: &str) -> Result<(), ()> {
    *to = text.parse().map_err(|_| ())?;
    Ok(())
}

const KEYS: &[Key] = &[
    Key {
        name: "port",
        help: "UDP and TCP port to listen on; 0: the system chooses. Used at the next start.",
        wanted: "a number from 0 to 65535",
        get: |c| c.port.to_string(),
        set: |c, v| parse(&mut c.port, v),
    },
    Key {
        name: "mdns",
        help: "Finding people on the local network. Used at the next start.",
        wanted: "on or off",
        get: |c| c.mdns.to_string(),
        set: |c, v| parse(&mut c.mdns, v),
    },
    Key {
        name: "router",
        help: "Asking the router to open a port for this device (UPnP). Used at the next start.",
        wanted: "on or off",
        get: |c| c.router.to_string(),
        set: |c, v| parse(&mut c.router, v),
    },
    Key {
        name: "dht",
        help: "Finding people across networks. Used at the next start.",
        wanted: "on or off",
        get: |c| c.dht.to_string(),
        set: |c, v| parse(&mut c.dht, v),
    },
    Key {
        name: "relay",
        help: "Relaying for contacts while reachable from outside. Used at the next start.",
        wanted: "on or off",
        get: |c| c.relay.to_string(),
        set: |c, v| parse(&mut c.relay, v),
    },
    Key {
        name: "loopback",
        help: "Count this machine's own addresses as a network, for trials; only: listen nowhere \
               else.",
        wanted: "on, off or only",
        get: |c| c.loopback.to_string(),
        set: |c, v| parse(&mut c.loopback, v),
    },
    Key {
        name: "external-addresses",
        help: "Addresses outside that lead to this device, with commas between. Used at the next \
               start.",
        wanted: "addresses such as /ip4/203.0.113.7/udp/4001/quic-v1, with commas between",
        get: |c| {
            let texts: Vec<String> = c.external.iter().map(ToString::to_string).collect();
            texts.join(",")
        },
        set: |c, v| {
            let parts = v.split(',').map(str::trim).filter(|p| !p.is_empty());
            c.external = parts
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|_| ())?;
            Ok(())
        },
    },
    Key {
        name: "lock-after-minutes",
        help: "Lock the profile after so many minutes without a request, or seconds: “90s”; 0: \
               never.",
        wanted: "a number from 0 to 65535, of minutes, or of seconds with an s after it",
        get: |c| c.lock_after.to_string(),
        set: |c, v| parse(&mut c.lock_after, v),
    },
    Key {
        name: "lock-on-suspend",
        help: "Lock the profile, if it has a passphrase, before this machine sleeps; what is \
               shared ends then. off: it goes on afterwards.",
        wanted: "on or off",
        get: |c| c.lock_on_suspend.to_string(),
        set: |c, v| parse(&mut c.lock_on_suspend, v),
    },
    Key {
        name: "language",
        help: "The language of Kith’s own windows on the screen, where you are asked and where \
               the frame says who sees you: en, de, zh-CN; system: what the system says.",
        wanted: "en, de, zh-CN or system",
        get: |c| c.language.to_string(),
        set: |c, v| parse(&mut c.language, v),
    },
    Key {
        name: "scale",
        help: "How large those windows are, in percent, beside the screen’s own scale.",
        wanted: "a number from 70 to 300",
        get: |c| c.scale.get().to_string(),
        set: |c, v| {
            let percent: u16 = v.parse().map_err(|_| ())?;
            c.scale = Scale::percent(percent);
            (c.scale.get() == percent).then_some(()).ok_or(())
        },
    },
];

/// The settings in force, and what the file says.
#[derive(Debug, Clone)]
pub struct Settings {
    path: PathBuf,
    file: BTreeMap<String, String>,
    flags: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Reads the file at `path`; none means defaults.
    ///
    /// # Errors
    /// [`ConfigError::File`], or what a wrong line has.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let wrong = |why: String| ConfigError::File {
            path: path.to_owned(),
            why,
        };
        let text = match fs::metadata(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(wrong(e.to_string())),
            Ok(meta) if meta.len() > FILE_MAX => {
                return Err(wrong(format!("larger than {FILE_MAX} bytes")));
            }
            Ok(_) => fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?,
        };
        let table: toml::Table = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        let file = table
            .into_iter()
            .map(|(k, v)| match v {
                toml::Value::String(s) => (k, s),
                toml::Value::Boolean(true) => (k, "on".into()),
                toml::Value::Boolean(false) => (k, "off".into()),
                toml::Value::Integer(n) => (k, n.to_string()),
                other => (k, format!("a {}", other.type_str())),
            })
            .collect();
        let settings = Self {
            path: path.to_owned(),
            file,
            flags: BTreeMap::new(),
        };
        settings.config()?;
        Ok(settings)
    }

    /// Puts a flag or an environment variable over the file.
    pub fn flag(&mut self, key: &'static str, value: impl ToString) {
        self.flags.insert(key, value.to_string());
    }

    /// The settings in force.
    ///
    /// # Errors
    /// A name or value in the file that isn't understood.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        let file = self.file.iter().map(|(k, v)| (k.as_str(), v));
        let flags = self.flags.iter().map(|(k, v)| (*k, v));
        for (name, value) in file.chain(flags) {
            set(&mut config, name, value)?;
        }
        Ok(config)
    }

    /// Changes the file: in one step, keeping everything else in it.
    ///
    /// # Errors
    /// A wrong name or value, or the file can't be written. Then nothing has
    /// changed.
    pub fn change(&mut self, key: &str, value: Option<&str>) -> Result<(), ConfigError> {
        if let Some(value) = value {
            set(&mut Config::default(), key, value)?;
        } else if !KEYS.iter().any(|k| k.name == key) {
            return Err(ConfigError::Unknown(key.to_owned()));
        }
        let mut file = self.file.clone();
        match value {
            Some(v) => drop(file.insert(key.to_owned(), v.to_owned())),
            None => drop(file.remove(key)),
        }
        let text: String = file
            .iter()
            // Checked values: none holds a quote or a backslash.
            .map(|(k, v)| format!("{k} = \"{v}\"\n"))
            .collect();
        crate::profile::write_durably(&self.path, text.as_bytes()).map_err(|e| {
            ConfigError::File {
                path: self.path.clone(),
                why: e.to_string(),
            }
        })?;
        self.file = file;
        Ok(())
    }

    /// All settings, for people.
    #[must_use]
    pub fn list(&self) -> Vec<Setting> {
        let config = self.config().unwrap_or_default();
        KEYS.iter()
            .map(|k| Setting {
                key: k.name.into(),
                value: (k.get)(&config),
                from: match (
                    self.flags.contains_key(k.name),
                    self.file.contains_key(k.name),
                ) {
                    (true, _) => "flag",
                    (false, true) => "file",
                    (false, false) => "default",
                }
                .into(),
                help: k.help.into(),
            })
            .collect()
    }
}

fn set(config: &mut Config, name: &str, value: &str) -> Result<(), ConfigError> {
    let key = KEYS
        .iter()
        .find(|k| k.name == name)
        .ok_or_else(|| ConfigError::Unknown(name.to_owned()))?;
    (key.set)(config, value).map_err(|()| ConfigError::Value {
        key: name.to_owned(),
        value: value.to_owned(),
        wanted: key.wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> (tempfile::TempDir, Result<Settings, ConfigError>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, text).unwrap();
        let loaded = Settings::load(&path);
        (dir, loaded)
    }

    #[test]
    fn flags_are_over_the_file_and_the_file_over_the_default() {
        let (_dir, loaded) = settings("port = 4001\nmdns = false\n");
        let mut settings = loaded.unwrap();
        assert_eq!(settings.config().unwrap().port, 4001);
        assert_eq!(settings.config().unwrap().mdns, OnOff::Off);
        settings.flag("port", 5000);
        assert_eq!(settings.config().unwrap().port, 5000);
        let from: Vec<_> = settings.list().into_iter().map(|s| s.from).collect();
        assert_eq!(
            from,
            [
                "flag", "file", "default", "default", "default", "default", "default", "default",
                "default", "default", "default"
            ]
        );
    }

    #[test]
    fn a_change_is_kept_and_a_wrong_one_changes_nothing() {
        let (dir, loaded) = settings("mdns = \"off\"\n");
        let mut settings = loaded.unwrap();
        settings.change("port", Some("4001")).unwrap();
        assert!(matches!(
            settings.change("port", Some("x")),
            Err(ConfigError::Value { .. })
        ));
        assert!(matches!(
            settings.change("prot", None),
            Err(ConfigError::Unknown(_))
        ));
        let again = Settings::load(&dir.path().join("config.toml")).unwrap();
        assert_eq!(again.config().unwrap().port, 4001);
        assert_eq!(again.config().unwrap().mdns, OnOff::Off);
        settings.change("port", None).unwrap();
        assert_eq!(settings.config().unwrap().port, 0);
    }

    #[test]
    fn a_file_that_is_wrong_is_named() {
        for text in [
            "external-addresses = \"here\"",
            "port = ",
            "prot = 4001",
            "port = 70000",
            "mdns = \"maybe\"",
            "lock-after-minutes = \"s\"",
            "lock-after-minutes = \"-1\"",
            "language = \"fr\"",
            "scale = 500",
        ] {
            let (_dir, loaded) = settings(text);
            assert!(loaded.is_err(), "{text}");
        }
    }
}
