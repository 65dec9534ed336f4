//! Accounts for hosted sessions (ENV-1, HOST-4, SEAL-2): kept in the encrypted
//! database, used by shares that name the server and no password, and never
//! told to anybody. Whoever looks after this machine changes one, and the next
//! session uses that.

use core::mem::take;
use std::net::{Ipv4Addr, SocketAddr};

use kith_api::{AccountInfo, AccountRequest, ApiError, Code, Reply};
use kith_proto::audit;
use kith_proto::technology::Technology;

use super::error::{bad, fault};
use super::open::Open;
use crate::hosted::Password;
use crate::store::{accounts as rows, audit as audit_rows};

/// The most that are kept.
const MAX: usize = 64;

impl Open {
    pub(super) async fn answer_account(
        &mut self,
        request: AccountRequest,
    ) -> Result<Reply, ApiError> {
        match request {
            AccountRequest::List => {}
            AccountRequest::Keep { server, password } => {
                let (server, password) = Self::server_opened_by(&server, &password).await?;
                let kept = &self.surroundings.accounts;
                if kept.len() >= MAX && !kept.contains(&server) {
                    let full = format!("{MAX} accounts are kept already");
                    return Err(ApiError::new(Code::TooMuch, full));
                }
                let kept = audit::Event::AccountKept {
                    server: told(server),
                    how: self.said_how().code(),
                };
                let (entry, head, log) = self.next_entry(kept)?;
                self.store
                    .write(move |tx| {
                        rows::put(tx, server, password.expose().as_bytes())?;
                        audit_rows::append(tx, &entry, &head)
                    })
                    .await?;
                self.audit = log;
                self.surroundings.accounts.insert(server);
            }
            AccountRequest::Remove { server } => {
                let mut kept = self.surroundings.accounts.iter().copied();
                let server = server.trim();
                let named = |s: &SocketAddr| name(*s) == server || s.to_string() == server;
                let Some(server) = kept.find(named) else {
                    return Err(bad("no account is kept for that server")
                        .hint("“kith account list” says for which"));
                };
                let removed = audit::Event::AccountRemoved {
                    server: told(server),
                    how: self.said_how().code(),
                };
                let (entry, head, log) = self.next_entry(removed)?;
                self.store
                    .write(move |tx| {
                        rows::remove(tx, server)?;
                        audit_rows::append(tx, &entry, &head)
                    })
                    .await?;
                self.audit = log;
                self.surroundings.accounts.remove(&server);
            }
        }
        // Contacts are told what changed of what can be shown.
        self.look_around();
        let kept = self.surroundings.accounts.iter();
        let shown = kept.map(|server| AccountInfo {
            technology: Technology::Vnc.name().to_owned(),
            server: name(*server),
        });
        Ok(Reply::Accounts(shown.collect()))
    }

    /// What is kept to open a server.
    pub(super) async fn account_for(
        &self,
        server: SocketAddr,
    ) -> Result<Option<Password>, ApiError> {
        let kept = self
            .store
            .read(move |tx| rows::password(tx, server))
            .await?;
        let Some(mut kept) = kept else {
            return Ok(None);
        };
        let unreadable = |_| fault("an account that can't be read");
        let text = String::from_utf8(take(&mut *kept)).map_err(|_| fault("an account"))?;
        Password::new(text).map(Some).map_err(unreadable)
    }
}

/// A server as the log of this device tells of it.
fn told(server: SocketAddr) -> audit::Server {
    audit::Server {
        technology: Technology::Vnc,
        address: server.ip(),
        port: server.port(),
    }
}

/// A server as it is listed.
fn name(server: SocketAddr) -> String {
    match server.ip() == Ipv4Addr::LOCALHOST {
        true => server.port().to_string(),
        false => server.to_string(),
    }
}
