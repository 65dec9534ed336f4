//! Confinement of the viewer process, before the first byte of a stranger is
//! read: no files (Landlock), no new programs, sockets, processes or code
//! (seccomp), no memory for others to read (undumpable).
//!
//! What remains: the connections that are open. The X server lets any client
//! read the screen and send input to others, so a viewer that is taken over can
//! do to this desktop what any X program can; only a display that keeps its
//! clients apart (Wayland, X11's SECURITY extension) could prevent that. Beyond
//! it there is the socket to the node, which speaks only the view protocol.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// How far a process is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confined {
    /// Files are out of reach. `false` where the kernel lacks Landlock; then
    /// the filter of system calls alone keeps it from opening any.
    pub files: bool,
    /// System calls are filtered.
    pub calls: bool,
}

/// Why a process could not be confined: this machine's fault. The caller must
/// not go on to read a stranger's bytes.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// Landlock failed other than by being absent.
    #[error("Landlock: {0}")]
    Landlock(#[from] landlock::RulesetError),
    /// The filter could not be made: an architecture it does not know.
    #[error("seccomp: {0}")]
    Filter(#[from] seccompiler::BackendError),
    /// The filter was not taken.
    #[error("seccomp: {0}")]
    Apply(#[from] seccompiler::Error),
    /// The process could not be made undumpable.
    #[error("process: {0}")]
    Process(#[from] rustix::io::Errno),
}

/// What the process still needs, beside memory, time, and reading and writing
/// what is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// To take in connections on a socket that listens already.
    Accept,
}

/// Confines this process for good; call it while it has one thread.
///
/// # Errors
/// [`ConfineError`]. Some of it may hold then.
pub fn confine(needs: Needs) -> Result<Confined, ConfineError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    let files = no_files()?;
    let filter: BpfProgram = filter(needs)?;
    seccompiler::apply_filter_all_threads(&filter)?;
    Ok(Confined { files, calls: true })
}

/// No path can be opened, no TCP port bound or dialled, no abstract socket
/// reached, no other process signalled, as far as the kernel knows how.
fn no_files() -> Result<bool, ConfineError> {
    let abi = ABI::V6;
    let status = landlock::Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// Calls that do no harm with what is open already. Anything else fails with
/// `EPERM`; libraries that try it get an error and not a signal.
const HARMLESS: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getsockopt,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_shutdown,
    libc::SYS_sigaltstack,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_write,
    libc::SYS_writev,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];

fn filter(needs: Needs) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        HARMLESS.iter().map(|call| (*call, Vec::new())).collect();
    // Memory, but never as code.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        let not_code = SeccompCondition::new(
            2,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64),
            0,
        )?;
        rules.insert(call, vec![SeccompRule::new(vec![not_code])?]);
    }
    // A C library that fails says so by a signal to itself.
    let own = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::Eq,
        std::process::id().into(),
    )?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![own])?]);
    if needs == Needs::Accept {
        rules.insert(libc::SYS_accept4, Vec::new());
        rules.insert(libc::SYS_setsockopt, Vec::new());
    }
    SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?
    .try_into()
}
