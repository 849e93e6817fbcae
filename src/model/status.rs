//! The codes by which events say why a logon failed, in words.

/// An NTSTATUS of 4625 and 4776; empty for a code without words. Source: Microsoft's references of both
/// events, and ntstatus.h.
pub(super) const fn nt_words(code: u64) -> &'static str {
    match code {
        0xc000_0022 => "access was denied",
        0xc000_005e => "no domain controller could be reached",
        0xc000_0064 => "there is no account of this name",
        0xc000_006a => "the password is wrong",
        0xc000_006d => "the name or the password is wrong",
        0xc000_006e => "the account is restricted: a blank password, or a policy",
        0xc000_006f => "the account may not log on at this hour",
        0xc000_0070 => "the account may not log on from this workstation",
        0xc000_0071 => "the password has expired",
        0xc000_0072 => "the account is disabled",
        0xc000_00dc => "the server is in the wrong state",
        0xc000_0133 => "the clocks of the two computers differ by too much",
        0xc000_015b => "the account may not log on in this way at this computer",
        0xc000_018c => "the trust between the two domains failed",
        0xc000_018d => "the trust between the computer and its domain failed",
        0xc000_0192 => "the Netlogon service was not started",
        0xc000_0193 => "the account has expired",
        0xc000_0224 => "the password must be changed first",
        0xc000_0225 => "something was not found: a fault of Windows",
        0xc000_0234 => "the account is locked out",
        0xc000_02ee => "an unspecified error",
        0xc000_0371 => "the computer does not hold the password of this account",
        0xc000_0413 => "the account may not authenticate to this computer",
        _ => "",
    }
}

/// An error code of Kerberos in 4768 and 4771; empty for a code without words. Source: RFC 4120, 7.5.9, and
/// Microsoft's references of both events.
pub(super) const fn kerberos_words(code: u64) -> &'static str {
    match code {
        0x1 => "the account has expired",
        0x2 => "the service's account has expired",
        0x6 => "there is no account of this name",
        0x7 => "there is no service of this name",
        0x8 => "several accounts have this name",
        0x9 => "the account has no key",
        0xc => "a policy forbids it: the hour, the workstation, or another",
        0xd => "the options asked for are not supported",
        0xe => "the encryption type is not supported",
        0x10 => "the kind of pre-authentication is not supported",
        0x12 => "the account is disabled, expired or locked out",
        0x17 => "the password has expired",
        0x18 => "the password is wrong",
        0x19 => "pre-authentication is required",
        0x25 => "the clocks of the two computers differ by too much",
        0x3c => "an unspecified error",
        0x44 => "the domain is another one",
        _ => "",
    }
}
