"""DynamoDB with boto3's client and resource, and with Debian's AWS CLI: what handlers keep in it."""
import json
import os
import unittest
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from daemon import REGION, Story, run

KEYS = {"KeySchema": [{"AttributeName": "certificateId", "KeyType": "HASH"},
                      {"AttributeName": "timestamp", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": "certificateId", "AttributeType": "S"},
                                 {"AttributeName": "timestamp", "AttributeType": "N"}],
        "BillingMode": "PAY_PER_REQUEST"}


class DynamoDb(Story):
    def setUp(self):
        super().setUp()
        self.client = self.daemon.client("dynamodb")
        self.resource = boto3.resource("dynamodb", endpoint_url=self.daemon.endpoint, region_name=REGION,
                                       aws_access_key_id="test", aws_secret_access_key="secret")
        self.addCleanup(self.resource.meta.client.close)

    def table(self, name="log", **more):
        table = self.resource.create_table(TableName=name, **{**KEYS, **more})
        table.wait_until_exists()
        return table

    def assert_fault(self, name, words, call, /, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual((error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]), (name, 400), error)
        self.assertIn(words, error["Error"]["Message"])

    def test_the_life_of_a_table(self):
        made = self.client.create_table(TableName="log", **KEYS, Tags=[{"Key": "site", "Value": "north"}])
        arn = made["TableDescription"]["TableArn"]
        self.assertEqual(arn, "arn:aws:dynamodb:us-east-1:123456789012:table/log")
        self.client.get_waiter("table_exists").wait(TableName="log")
        self.assertEqual(self.client.list_tables()["TableNames"], ["log"])
        self.assertEqual(self.client.list_tags_of_resource(ResourceArn=arn)["Tags"],
                         [{"Key": "site", "Value": "north"}])
        self.assert_fault("ResourceInUseException", "Table already exists: log", self.client.create_table,
                          TableName="log", **KEYS)
        self.client.delete_table(TableName="log")
        self.client.get_waiter("table_not_exists").wait(TableName="log")
        self.assert_fault("ResourceNotFoundException", "Requested resource not found: Table: log not found",
                          self.client.describe_table, TableName="log")
        self.assertEqual(self.daemon.client("dynamodb", region="eu-west-1").list_tables()["TableNames"], [])

    def test_items_of_every_type_come_back_as_they_were(self):
        table = self.table()
        item = {"certificateId": "c1", "timestamp": Decimal("1795338857083"), "half": Decimal("0.5"), "text": "für",
                "bytes": b"\x00\xff", "yes": True, "nothing": None, "words": {"a", "b"},
                "numbers": {Decimal(1), Decimal("2.5")}, "list": ["x", {"deep": [Decimal(1)]}], "map": {"k": "v"}}
        table.put_item(Item=item)
        read = table.get_item(Key={"certificateId": "c1", "timestamp": 1795338857083})["Item"]
        self.assertEqual(read.pop("bytes").value, item.pop("bytes"))
        self.assertEqual(read, item)

    def test_conditional_writes_and_counters(self):
        table = self.table()
        key = {"certificateId": "c1", "timestamp": 1}
        table.put_item(Item=key, ConditionExpression=Attr("certificateId").not_exists())
        with self.assertRaises(self.resource.meta.client.exceptions.ConditionalCheckFailedException) as caught:
            table.put_item(Item=key, ConditionExpression=Attr("certificateId").not_exists())
        self.assertEqual(caught.exception.response["Error"]["Message"], "The conditional request failed")
        for expected in (1, 2):
            answer = table.update_item(Key=key, UpdateExpression="ADD seen :one SET #s = if_not_exists(#s, :new)",
                                       ExpressionAttributeNames={"#s": "status"},
                                       ExpressionAttributeValues={":one": 1, ":new": "PENDING"},
                                       ReturnValues="UPDATED_NEW")
            self.assertEqual(answer["Attributes"], {"seen": expected, "status": "PENDING"})
        self.assert_fault("ValidationException", "reserved keyword: status", table.update_item, Key=key,
                          UpdateExpression="SET status = :new", ExpressionAttributeValues={":new": "x"})
        gone = table.delete_item(Key=key, ReturnValues="ALL_OLD", ConditionExpression=Attr("seen").gt(1))
        self.assertEqual(gone["Attributes"]["seen"], 2)
        self.assertNotIn("Item", table.get_item(Key=key))

    def test_queries_and_scans_in_pages(self):
        table = self.table()
        with table.batch_writer() as batch:
            for number in range(60):
                batch.put_item(Item={"certificateId": f"c{number % 2}", "timestamp": number, "even": number % 4 == 0})
        newest = table.query(KeyConditionExpression=Key("certificateId").eq("c0") & Key("timestamp").between(10, 40),
                             ScanIndexForward=False, Limit=3)
        self.assertEqual([item["timestamp"] for item in newest["Items"]], [40, 38, 36])
        self.assertEqual(newest["LastEvaluatedKey"], {"certificateId": "c0", "timestamp": 36})
        pages = self.client.get_paginator("query").paginate(
            TableName="log", KeyConditionExpression="certificateId = :c",
            ExpressionAttributeValues={":c": {"S": "c1"}}, PaginationConfig={"PageSize": 12})
        self.assertEqual([page["Count"] for page in pages], [12, 12, 6])
        counted = table.scan(FilterExpression=Attr("even").eq(True), Select="COUNT")
        self.assertEqual((counted["Count"], counted["ScannedCount"]), (15, 60))
        pages = self.client.get_paginator("scan").paginate(TableName="log", PaginationConfig={"PageSize": 25})
        self.assertEqual(sum(len(page["Items"]) for page in pages), 60)

    def test_a_global_index(self):
        table = self.table(
            AttributeDefinitions=[*KEYS["AttributeDefinitions"],
                                  {"AttributeName": "serialNumber", "AttributeType": "S"}],
            GlobalSecondaryIndexes=[{"IndexName": "by-serial", "Projection": {"ProjectionType": "ALL"},
                                     "KeySchema": [{"AttributeName": "serialNumber", "KeyType": "HASH"}]}])
        table.put_item(Item={"certificateId": "c1", "timestamp": 1, "serialNumber": "sn-1"})
        table.put_item(Item={"certificateId": "c2", "timestamp": 2})
        found = table.query(IndexName="by-serial", KeyConditionExpression=Key("serialNumber").eq("sn-1"))["Items"]
        self.assertEqual([item["certificateId"] for item in found], ["c1"])

    def test_transactions(self):
        self.table()
        put = lambda number, **more: {"Put": {
            "TableName": "log", "Item": {"certificateId": {"S": "c"}, "timestamp": {"N": str(number)}}, **more}}
        self.client.transact_write_items(TransactItems=[put(1), put(2)])
        with self.assertRaises(self.client.exceptions.TransactionCanceledException) as caught:
            self.client.transact_write_items(
                TransactItems=[put(3), put(1, ConditionExpression="attribute_not_exists(certificateId)")])
        self.assertEqual([reason["Code"] for reason in caught.exception.response["CancellationReasons"]],
                         ["None", "ConditionalCheckFailed"])
        self.assertEqual(self.client.scan(TableName="log")["Count"], 2)

    def test_capacity_and_item_collections(self):
        self.table(
            AttributeDefinitions=[*KEYS["AttributeDefinitions"], {"AttributeName": "kind", "AttributeType": "S"}],
            LocalSecondaryIndexes=[{"IndexName": "by-kind", "Projection": {"ProjectionType": "ALL"},
                                    "KeySchema": [{"AttributeName": "certificateId", "KeyType": "HASH"},
                                                  {"AttributeName": "kind", "KeyType": "RANGE"}]}])
        item = {"certificateId": {"S": "c"}, "timestamp": {"N": "1"}, "kind": {"S": "k"}, "text": {"S": "x" * 1500}}
        key = {name: item[name] for name in ("certificateId", "timestamp")}
        collections = {"log": [{"ItemCollectionKey": {"certificateId": {"S": "c"}}, "SizeEstimateRangeGB": [0, 1]}]}
        told = self.client.batch_write_item(RequestItems={"log": [{"PutRequest": {"Item": item}}]},
                                            ReturnConsumedCapacity="INDEXES", ReturnItemCollectionMetrics="SIZE")
        self.assertEqual(told["ConsumedCapacity"], [
            {"TableName": "log", "CapacityUnits": 4, "Table": {"CapacityUnits": 2},
             "LocalSecondaryIndexes": {"by-kind": {"CapacityUnits": 2}}}])
        self.assertEqual(told["ItemCollectionMetrics"], collections)
        told = self.client.batch_get_item(RequestItems={"log": {"Keys": [key]}}, ReturnConsumedCapacity="TOTAL")
        self.assertEqual(told["ConsumedCapacity"], [{"TableName": "log", "CapacityUnits": 0.5}])
        told = self.client.transact_write_items(
            TransactItems=[{"Delete": {"TableName": "log", "Key": key}}], ReturnConsumedCapacity="TOTAL",
            ReturnItemCollectionMetrics="SIZE")
        self.assertEqual(told["ConsumedCapacity"],
                         [{"TableName": "log", "CapacityUnits": 8, "WriteCapacityUnits": 8}])
        self.assertEqual(told["ItemCollectionMetrics"], collections)
        told = self.client.transact_get_items(TransactItems=[{"Get": {"TableName": "log", "Key": key}}],
                                              ReturnConsumedCapacity="TOTAL")
        self.assertEqual(told["ConsumedCapacity"], [{"TableName": "log", "CapacityUnits": 2, "ReadCapacityUnits": 2}])

    def test_many_items_in_parallel_segments(self):
        table = self.table()
        with table.batch_writer() as batch:
            for number in range(1500):
                batch.put_item(Item={"certificateId": f"c{number}", "timestamp": number})
        described = self.client.describe_table(TableName="log")["Table"]
        self.assertEqual(described["ItemCount"], 1500)
        self.assertEqual(len(table.scan()["Items"]), 1500)  # a long answer
        seen = set()
        for segment in range(4):
            pages = self.client.get_paginator("scan").paginate(TableName="log", Segment=segment, TotalSegments=4,
                                                               PaginationConfig={"PageSize": 100})
            found = [item["certificateId"]["S"] for page in pages for item in page["Items"]]
            self.assertGreater(len(found), 200)
            self.assertTrue(seen.isdisjoint(found))
            seen.update(found)
        self.assertEqual(len(seen), 1500)

    def test_wrong_keys_are_refused_in_dynamodbs_words(self):
        table = self.table()
        self.assert_fault("ValidationException", "Missing the key timestamp in the item", table.put_item,
                          Item={"certificateId": "c"})
        self.assert_fault("ValidationException", "Type mismatch for key timestamp expected: N actual: S",
                          table.put_item, Item={"certificateId": "c", "timestamp": "now"})
        self.assert_fault("ValidationException", "The provided key element does not match the schema",
                          table.get_item, Key={"certificateId": 1, "timestamp": 1})
        self.assert_fault("ResourceNotFoundException", "Requested resource not found", self.client.put_item,
                          TableName="none", Item={"certificateId": {"S": "c"}})
        with self.assertRaisesRegex(ClientError, "dynamodb ExecuteStatement is not emulated"):
            self.client.execute_statement(Statement="SELECT * FROM log")

    def aws(self, *arguments):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
        done = run("/usr/bin/aws", "--endpoint-url", self.daemon.endpoint, "--output", "json", "dynamodb", *arguments,
                   env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def test_the_aws_cli(self):
        self.aws("create-table", "--table-name", "log", "--billing-mode", "PAY_PER_REQUEST",
                 "--attribute-definitions", "AttributeName=certificateId,AttributeType=S",
                 "--key-schema", "AttributeName=certificateId,KeyType=HASH")
        self.aws("wait", "table-exists", "--table-name", "log")
        for number in range(3):
            self.aws("put-item", "--table-name", "log", "--item", json.dumps({"certificateId": {"S": f"c{number}"}}))
        self.assertEqual(len(self.aws("scan", "--table-name", "log", "--page-size", "2")["Items"]), 3)
        self.assertEqual(self.aws("get-item", "--table-name", "log", "--key", '{"certificateId": {"S": "c1"}}'),
                         {"Item": {"certificateId": {"S": "c1"}}})


if __name__ == "__main__":
    unittest.main()
