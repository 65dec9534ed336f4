//! `kith consent`: what is accepted in advance (ASK-3).

use std::fmt::Write;

use clap::Subcommand;
use kith_api::{ConsentInfo, ConsentRequest, Request, ShareLevel};

use super::place::connect;
use super::{Common, Fail, show};

/// What to do about standing consents.
#[derive(Debug, Subcommand)]
pub enum ConsentAction {
    /// Let a verified contact see one application without asking you again. On a
    /// screen Kith’s window asks whether you mean it.
    Give {
        /// Whom.
        who: String,
        /// Which application, as your system calls it.
        #[arg(long, value_name = "NAME")]
        app: String,
        /// Let them control it too.
        #[arg(long)]
        control: bool,
        /// For how many days; at most 366.
        #[arg(long, default_value_t = 30)]
        days: u32,
    },
    /// List those that stand.
    List,
    /// Let one count again that is held: since you pressed the panic key, took
    /// control back or stopped a share of theirs, they ask you each time.
    Resume {
        /// Its id, or the beginning of it.
        consent: String,
    },
    /// Take one back. A share that began by it goes on: “kith stop NAME” ends that.
    End {
        /// Its id, or the beginning of it.
        consent: String,
    },
}

pub(super) fn run(common: &Common, action: ConsentAction) -> Result<(), Fail> {
    let request = match action {
        ConsentAction::Give {
            who,
            app,
            control,
            days,
        } => ConsentRequest::Give {
            who,
            application: app,
            level: match control {
                true => ShareLevel::Control,
                false => ShareLevel::View,
            },
            days,
        },
        ConsentAction::List => ConsentRequest::List,
        ConsentAction::Resume { consent } => ConsentRequest::Resume { consent },
        ConsentAction::End { consent } => ConsentRequest::End { consent },
    };
    let reply = connect(common)?.ask(Request::Consent(request))?;
    show::reply(common, &reply)
}

pub(super) fn all(out: &mut String, list: &[ConsentInfo]) -> std::fmt::Result {
    if list.is_empty() {
        return writeln!(out, "Nobody is let in without asking you.");
    }
    list.iter().try_for_each(|c| {
        let level = match c.control.as_str() {
            "nothing" => "may see",
            _ => "may see and control",
        };
        writeln!(
            out,
            "{}  {} {level} {} until {}",
            c.id.get(..12).unwrap_or(&c.id),
            c.person.name,
            c.application,
            show::time(c.until_ms),
        )?;
        match &c.held {
            Some(why) => writeln!(
                out,
                "{:12}  HELD ({why}): they ask you; “kith consent resume {}” trusts them again",
                "",
                c.id.get(..12).unwrap_or(&c.id),
            ),
            None => Ok(()),
        }
    })
}
