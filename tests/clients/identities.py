"""CAs and device certificates made with the openssl program, as the walkthroughs make them."""
import hashlib
import ssl
from pathlib import Path

from daemon import run


def openssl(*arguments, text=None):
    done = run("openssl", *arguments, input=text)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr}"
    return done.stdout


def make_key(path, kind):
    if kind == "rsa":
        openssl("genrsa", "-out", path, "2048")
    else:
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)


class Identity:
    """A certificate with its key. `certificate` may hold a chain: what the device sends."""

    def __init__(self, certificate, key):
        self.certificate, self.key = Path(certificate), Path(key)

    @property
    def pem(self):
        return self.certificate.read_text()

    @property
    def id(self):
        """P0.2: SHA-256 of the DER, in lowercase hex."""
        first = self.pem[: self.pem.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


class Ca(Identity):
    """A CA in `folder`: self-signed, or signed by `parent`."""

    def __init__(self, folder, name, kind="ec", subject=None, parent=None):
        self.folder, self.name, self._issued = Path(folder), name, 0
        super().__init__(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        make_key(self.key, kind)
        subject = subject or f"/O=Plant/CN={name}"
        extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                      "keyUsage=critical,keyCertSign,cRLSign")
        if parent is None:
            openssl("req", "-x509", "-new", "-key", self.key, "-sha256", "-days", "30", "-subj", subject, *extensions,
                    "-out", self.certificate)
        else:
            parent.sign(self.key, subject, self.certificate, "basicConstraints=critical,CA:TRUE")

    def sign(self, key, subject, out, extension=None, days="30", serial=None):
        """Issues `out` for `key`; `extension` is openssl's configuration, none makes it X.509 v1."""
        self._issued += 1
        request = openssl("req", "-new", "-key", key, "-subj", subject, "-batch")
        extensions = ()
        if extension is not None:
            (self.folder / "extensions.cnf").write_text(extension + "\n")
            extensions = ("-extfile", self.folder / "extensions.cnf")
        if serial is None:
            serial = "0x1" + hashlib.sha256(f"{self.name}{self._issued}".encode()).hexdigest()[:16]
        openssl("x509", "-req", "-CA", self.certificate, "-CAkey", self.key, "-set_serial", serial, "-sha256", "-days",
                days, *extensions, "-out", out, text=request)

    def verification(self, registration_code):
        """P1.2: proves that we hold the CA's key; its common name is the registration code. X.509 v1, as the guide's
        own command makes it."""
        key, out = self.folder / "verification.key", self.folder / "verification.pem"
        make_key(key, "ec")
        self.sign(key, f"/CN={registration_code}", out)
        return out.read_text()

    def device(self, name, kind="ec", subject=None, with_chain=False, days="30"):
        key, out = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        make_key(key, kind)
        self.sign(key, subject or f"/O=Plant/CN={name}", out, "basicConstraints=CA:FALSE", days)
        if with_chain:
            out.write_text(out.read_text() + self.pem)
        return Identity(out, key)


def register(iot, ca, active=True, auto_registration=True, **more):
    """Registers `ca` with its proof of possession; gives its id."""
    code = iot.get_registration_code()["registrationCode"]
    return iot.register_ca_certificate(
        caCertificate=ca.pem, verificationCertificate=ca.verification(code), setAsActive=active,
        allowAutoRegistration=auto_registration, **more)["certificateId"]
