"""The operating systems that Patch Manager knows: how the agent tells them, and how their vendors write patches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CURRENT_AGENT = "3.3.2299.0"


class Packaging(StrEnum):
    """Whose words a patch is written in."""

    RPM = "rpm"
    DEB = "deb"
    WINDOWS = "windows"
    MACOS = "macos"


@dataclass(frozen=True)
class System:
    """An operating system as DescribeInstanceInformation tells it, and what its patches are called."""

    operating_system: str
    platform_type: str
    platform_name: str
    platform_version: str
    product: str
    packaging: Packaging
    release: str  # how the vendor marks packages of this version

    @property
    def is_overridable(self) -> bool:
        """Whether AWS-RunPatchBaseline takes an override for it; else exit code 166.

        AWS publishes no list; these are the systems of today's table of predefined baselines (aws-facts 6.2).
        """
        return self.operating_system not in ("AMAZON_LINUX", "AMAZON_LINUX_2022", "RASPBIAN")


def _rpm(operating_system: str, name: str, version: str, product: str, release: str) -> System:
    return System(operating_system, "Linux", name, version, product, Packaging.RPM, release)


def _deb(operating_system: str, name: str, version: str, product: str, release: str) -> System:
    return System(operating_system, "Linux", name, version, product, Packaging.DEB, release)


SYSTEMS = {
    system.operating_system: system
    for system in (
        _rpm("AMAZON_LINUX_2023", "Amazon Linux", "2023", "AmazonLinux2023", "amzn2023"),
        _deb("UBUNTU", "Ubuntu", "24.04", "Ubuntu24.04", "0ubuntu"),
        _rpm("REDHAT_ENTERPRISE_LINUX", "Red Hat Enterprise Linux", "9.4", "RedhatEnterpriseLinux9.4", "el9_4"),
        System("WINDOWS", "Windows", "Microsoft Windows Server 2022 Datacenter", "10.0.20348", "WindowsServer2022",
               Packaging.WINDOWS, "2022"),
        _deb("DEBIAN", "Debian GNU/Linux", "12", "Debian12", "deb12u"),
        _rpm("ROCKY_LINUX", "Rocky Linux", "9.4", "RockyLinux9.4", "el9"),
        _rpm("AMAZON_LINUX_2", "Amazon Linux", "2", "AmazonLinux2", "amzn2"),
        _rpm("AMAZON_LINUX_2022", "Amazon Linux", "2022", "AmazonLinux2022", "amzn2022"),
        _rpm("AMAZON_LINUX", "Amazon Linux AMI", "2018.03", "AmazonLinux2018.03", "amzn1"),
        _rpm("SUSE", "SLES", "15.6", "SUSE Linux Enterprise Server 15.6", "sles15"),
        _rpm("CENTOS", "CentOS Stream", "9", "CentOS9", "el9"),
        _rpm("ORACLE_LINUX", "Oracle Linux Server", "9.4", "OracleLinux9.4", "0.1.el9"),
        _rpm("ALMA_LINUX", "AlmaLinux", "9.4", "AlmaLinux9.4", "el9"),
        System("MACOS", "MacOS", "macOS", "15.1", "macOS15.1", Packaging.MACOS, "24"),
        _deb("RASPBIAN", "Raspbian GNU/Linux", "11", "Raspbian11", "rpi"),
    )
}  # fmt: skip
