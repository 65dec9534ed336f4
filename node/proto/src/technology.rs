//! The ways a picture can travel: our own, and the hosted ones (HOST-1); the
//! numbers are shared by capabilities, policy and sealed parameters (spec 00,
//! "Numbers").

use crate::registry::registry;

registry! {
    /// One technology of sharing.
    enum Technology;
    /// A set of technologies.
    set Technologies;
    /// Kith's own share, between two nodes.
    Native = 1, "native";
    /// A Windows or xrdp server.
    Rdp = 2, "rdp";
    /// A VNC (RFB) server.
    Vnc = 3, "vnc";
    /// A remote X11 display.
    X11 = 4, "x11";
    /// A Citrix ICA server.
    Ica = 5, "ica";
}

registry! {
    /// How one takes part in a hosted session.
    enum HostedKind;
    /// A set of ways to take part in a hosted session.
    set HostedKinds;
    /// Watch or control the session that somebody else is in.
    Shadow = 1, "shadow";
    /// Enter the session oneself, with an account of it.
    Join = 2, "join";
}

impl Technologies {
    /// All but our own.
    pub const HOSTED: Self = Self::ALL.without(Technology::Native);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_published() {
        let all: Vec<(u16, &str)> = Technology::ALL
            .iter()
            .map(|t| (t.number(), t.name()))
            .collect();
        assert_eq!(
            all,
            [
                (1, "native"),
                (2, "rdp"),
                (3, "vnc"),
                (4, "x11"),
                (5, "ica")
            ]
        );
        assert!(!Technologies::HOSTED.contains(Technology::Native));
        assert_eq!(Technologies::HOSTED.len(), 4);
        assert_eq!(HostedKind::Shadow.number(), 1);
        assert_eq!(HostedKind::Join.number(), 2);
    }
}
