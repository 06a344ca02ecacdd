"""What is kept about people, their rights, their secrets and what operators did to them."""

from accounts.models.audit import Action, AuditEntry, SignInEvent, SignInKind
from accounts.models.people import SECOND_FACTORS, Language, ModulePermission, Role, Status, User
from accounts.models.personal import (
    Channel,
    Device,
    MailLog,
    Notice,
    Platform,
    Preferences,
    RiskTolerance,
)
from accounts.models.secrets import (
    ChallengeKind,
    Client,
    EmailRequest,
    LoginTicket,
    MfaChallenge,
    Proof,
    Purpose,
    RefreshToken,
    RevokedAccess,
)

__all__ = [
    "SECOND_FACTORS",
    "Action",
    "AuditEntry",
    "ChallengeKind",
    "Channel",
    "Client",
    "Device",
    "EmailRequest",
    "Language",
    "LoginTicket",
    "MailLog",
    "MfaChallenge",
    "ModulePermission",
    "Notice",
    "Platform",
    "Preferences",
    "Proof",
    "Purpose",
    "RefreshToken",
    "RevokedAccess",
    "RiskTolerance",
    "Role",
    "SignInEvent",
    "SignInKind",
    "Status",
    "User",
]
