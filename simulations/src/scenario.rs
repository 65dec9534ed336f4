//! Scenarios as TOML files: what is to happen, how often, how large.

use serde::Deserialize;
use thiserror::Error;

/// Why a scenario can't be read. Its writer's fault.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// Not TOML, or not a scenario.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A number that makes no sense.
    #[error("{0}")]
    Value(&'static str),
}

/// From … to, both included.
pub type Span = [u64; 2];

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name: letters, digits, hyphens.
    pub name: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// One run a size …
    pub people: Vec<usize>,
    /// … and seed.
    pub seeds: Vec<u64>,
    /// The sizes when run as a test.
    pub small: Small,
    /// Who says how much.
    pub talk: Talk,
    /// How the network is.
    #[serde(default)]
    pub network: Network,
    /// How clocks are wrong.
    #[serde(default)]
    pub clocks: Clocks,
    /// What breaks.
    #[serde(default)]
    pub faults: Faults,
    /// Who can reach whom, from when on. The last holds until the end.
    pub phases: Vec<Phase>,
    /// Who is removed.
    #[serde(default)]
    pub removals: Vec<Removal>,
    /// Who is made an admin.
    #[serde(default)]
    pub admins: Vec<Promotion>,
    /// How long after the talk everything must be everywhere.
    pub settle_s: u64,
}

/// What replaces the sizes in tests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Small {
    /// People.
    pub people: Vec<usize>,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// Seconds between two messages of one person, on average.
    pub every_s: u64,
}

/// Who says how much.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Talk {
    /// Seconds between two messages of one person, on average.
    pub every_s: u64,
    /// For how long.
    pub for_s: u64,
    /// Bytes of text.
    #[serde(default = "eighty")]
    pub bytes: usize,
}

fn eighty() -> usize {
    80
}

/// How the network is. Probabilities are for each message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// Milliseconds one way.
    pub delay_ms: Span,
    /// Lost without trace. (Kith's streams lose nothing but at their end;
    /// this is harsher.)
    pub loss: f64,
    /// Arrives twice.
    pub duplicate: f64,
    /// Arrives up to a second late, after others.
    pub late: f64,
}

/// How clocks are wrong.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clocks {
    /// Each clock is wrong by at most so many seconds, either way.
    pub skew_s: u64,
    /// The first so many people's clocks are a day ahead.
    pub day_ahead: usize,
}

/// What breaks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// How often each node loses its power, on average, while people talk.
    pub restarts: f64,
    /// How long it stays off.
    pub off_s: Span,
    /// Milliseconds until a commit is on the disk.
    pub disk_ms: Span,
}

/// Who can reach whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Everybody everybody.
    All,
    /// Two islands.
    Halves,
    /// Two islands, and one node of the first that reaches all.
    Bridge,
    /// Each only the next.
    Chain,
    /// Each the next, and three others.
    Sparse,
    /// Nobody anybody.
    Nobody,
}

/// From when on who can reach whom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Seconds after the start.
    pub from_s: u64,
    /// Who reaches whom.
    pub reach: Reach,
}

/// Somebody is made an admin.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Seconds after the start.
    pub at_s: u64,
    /// The how manieth from the last.
    pub from_last: usize,
    /// By whom, counted from the last; by the opener, if absent.
    pub by_from_last: Option<usize>,
}

/// Somebody is removed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// Seconds after the start.
    pub at_s: u64,
    /// The how manieth from the last.
    pub from_last: usize,
    /// Seconds after which the person is taken back; never, if absent.
    pub back_after_s: Option<u64>,
    /// By whom, counted from the last; by the opener, if absent.
    pub by_from_last: Option<usize>,
    /// Whether it must have no effect in the end, as another outweighs it.
    #[serde(default)]
    pub outweighed: bool,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// See [`ScenarioError`].
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let s: Self = toml::from_str(text)?;
        let share = |p: f64| (0.0..=1.0).contains(&p);
        let n = &s.network;
        let spans = [n.delay_ms, s.faults.off_s, s.faults.disk_ms];
        if !share(n.loss) || !share(n.duplicate) || !share(n.late) {
            return Err(ScenarioError::Value("a probability is between 0 and 1"));
        }
        if spans.iter().any(|[from, to]| from > to) {
            return Err(ScenarioError::Value("a span runs from less to more"));
        }
        if s.phases.first().is_none_or(|p| p.from_s != 0) {
            return Err(ScenarioError::Value("the first phase begins at 0"));
        }
        if s.talk.every_s == 0 || s.small.every_s == 0 {
            return Err(ScenarioError::Value("every_s is at least 1"));
        }
        if s.people
            .iter()
            .chain(&s.small.people)
            .any(|n| !(2..=250).contains(n))
        {
            return Err(ScenarioError::Value("there are 2 to 250 people"));
        }
        Ok(s)
    }

    /// The scenario at the size for tests.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.people = self.small.people.clone();
        self.seeds = self.small.seeds.clone();
        self.talk.every_s = self.small.every_s;
        self
    }

    /// Who can reach whom at that time; `a` < `b`.
    #[must_use]
    pub fn reaches(&self, at_ms: u64, people: usize, a: usize, b: usize) -> bool {
        let now = self.phases.iter().rev().find(|p| p.from_s * 1000 <= at_ms);
        let half = people / 2;
        let same = (a < half) == (b < half);
        match now.map(|p| p.reach) {
            Some(Reach::All) => true,
            Some(Reach::Halves) => same,
            Some(Reach::Bridge) => same || a + 1 == half || b + 1 == half,
            Some(Reach::Chain) => a + 1 == b,
            Some(Reach::Sparse) => {
                let gap = b - a;
                [1, 7, 19, 43]
                    .iter()
                    .any(|d| gap == *d || people - gap == *d)
            }
            Some(Reach::Nobody) | None => false,
        }
    }
}
