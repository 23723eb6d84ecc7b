"""botocore before 1.31 (boto3 before 1.28) does not know AWS_ENDPOINT_URL: where code names no endpoint, its clients
get that one."""
import importlib.abc
import importlib.machinery
import os
import sys


def patch(module):
    import botocore
    version = tuple(int(part) for part in botocore.__version__.split(".")[:2])
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if version >= (1, 31) or not endpoint:
        return
    original = module.Session.create_client

    def create_client(self, service_name, region_name=None, api_version=None, use_ssl=True, verify=None,
                      endpoint_url=None, *rest, **named):
        return original(self, service_name, region_name, api_version, use_ssl, verify, endpoint_url or endpoint,
                        *rest, **named)

    module.Session.create_client = create_client


class Loader(importlib.abc.Loader):
    def __init__(self, inner):
        self.inner = inner

    def create_module(self, spec):
        return self.inner.create_module(spec)

    def exec_module(self, module):
        self.inner.exec_module(module)
        patch(module)

    def __getattr__(self, name):
        return getattr(self.inner, name)


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path, target=None):
        if fullname != "botocore.session":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = Loader(spec.loader)
        return spec


def install():
    sys.meta_path.insert(0, Finder())
