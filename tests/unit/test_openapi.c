/* Holds: the description that ships names each route as it is, and nothing else. */
#include "control_fixture.h"

#include "control/openapi.h"
#include "control/route.h"

static json_t *description;

static int load_description(void **state)
{
	(void)state;
	description = json_loadb(openapi_text, openapi_size(), JSON_REJECT_DUPLICATES, NULL);
	return description ? 0 : -1;
}

static int free_description(void **state)
{
	(void)state;
	json_decref(description);
	return 0;
}

/* "get", "post". */
static const char *method_of(const struct route *route)
{
	return route->method == METHOD_GET ? "get" : "post";
}

static const json_t *find_operation(const struct route *route)
{
	const json_t *path = json_object_get(json_object_get(description, "paths"), route->path);

	return json_object_get(path, method_of(route));
}

static const struct route *find_route(const char *path, const char *method)
{
	for (const struct route *route = routes; route->path; route++)
		if (strcmp(route->path, path) == 0 && strcmp(method_of(route), method) == 0)
			return route;
	return NULL;
}

static void test_each_route_is_described(void **state)
{
	(void)state;
	for (const struct route *route = routes; route->path; route++)
		if (!find_operation(route))
			fail_msg("%s %s is not described", method_of(route), route->path);
}

static void test_what_is_described_is_a_route(void **state)
{
	json_t *paths = json_object_get(description, "paths");
	const char *path;
	const char *method;
	json_t *operations;
	json_t *operation;

	(void)state;
	json_object_foreach(paths, path, operations)
	{
		json_object_foreach(operations, method, operation)
		{
			if (!find_route(path, method))
				fail_msg("there is no %s %s", method, path);
		}
	}
}

/* The "{...}" of a path are its parameters in paths. */
static void check_path_parameters(const struct route *route, const json_t *operation)
{
	const json_t *parameters = json_object_get(operation, "parameters");
	const char *at = route->path;
	unsigned described = 0;
	unsigned n = 0;
	json_t *parameter;
	size_t i;

	json_array_foreach(parameters, i, parameter)
	{
		const char *in = json_string_value(json_object_get(parameter, "in"));

		described += strcmp(in, "path") == 0;
	}
	for (at = strchr(at, '{'); at; at = strchr(at, '{'), n++) {
		const char *name =
			json_string_value(json_object_get(json_array_get(parameters, n), "name"));
		size_t len = strcspn(++at, "}");

		if (!name || strlen(name) != len || strncmp(name, at, len) != 0)
			fail_msg("%s: parameter %u", route->path, n);
	}
	if (described != n)
		fail_msg("%s has %u parameters, not %u", route->path, n, described);
}

static bool has_param(const struct route *route, const char *name)
{
	for (size_t i = 0; route->params[i]; i++)
		if (strcmp(route->params[i], name) == 0)
			return true;
	return false;
}

/* The parameters of a query are those that the route takes, each once. */
static void check_query_parameters(const struct route *route, const json_t *operation)
{
	const json_t *parameters = json_object_get(operation, "parameters");
	size_t described = 0;
	size_t n = 0;
	json_t *parameter;
	size_t i;

	json_array_foreach(parameters, i, parameter)
	{
		const char *in = json_string_value(json_object_get(parameter, "in"));
		const char *name = json_string_value(json_object_get(parameter, "name"));

		if (strcmp(in, "query") != 0)
			continue;
		described++;
		if (!has_param(route, name))
			fail_msg("%s takes no parameter %s", route->path, name);
	}
	while (route->params[n])
		n++;
	if (described != n)
		fail_msg("%s takes %zu parameters, not %zu", route->path, n, described);
}

static void test_routes_are_described_as_they_are(void **state)
{
	(void)state;
	for (const struct route *route = routes; route->path; route++) {
		const json_t *operation = find_operation(route);
		const char *access = json_string_value(json_object_get(operation, "x-access"));
		bool tcp = json_is_true(json_object_get(operation, "x-tcp"));
		bool stream = json_is_true(json_object_get(operation, "x-stream"));

		if (!access ||
		    strcmp(access, route->access == ACCESS_CHANGE ? "change" : "read") != 0 ||
		    tcp != route->on_tcp || stream != route->stream)
			fail_msg("%s is described as something else", route->path);
		check_path_parameters(route, operation);
		check_query_parameters(route, operation);
	}
}

/* Nothing can be changed over TCP, by whatever is written in a row. */
static void test_over_tcp_one_can_but_look(void **state)
{
	(void)state;
	for (const struct route *route = routes; route->path; route++) {
		if (route->on_tcp)
			assert_true(route->method == METHOD_GET && route->access == ACCESS_READ);
		if (route->access == ACCESS_CHANGE)
			assert_int_equal(route->method, METHOD_POST);
		if (strstr(route->path, "/output") || strstr(route->path, "/logs"))
			assert_false(route->on_tcp);
	}
}

/* "#/components/schemas/Job". */
static const json_t *resolve(const char *ref)
{
	char buf[200];
	const json_t *value = description;
	char *rest = buf;
	char *name;

	assert_true(strncmp(ref, "#/", 2) == 0 && strlen(ref) < sizeof(buf));
	strcpy(buf, ref + 2);
	while (value && (name = strsep(&rest, "/")))
		value = json_object_get(value, name);
	return value;
}

static void check_references(const json_t *value)
{
	const json_t *ref = json_object_get(value, "$ref");
	const char *name;
	json_t *item;
	size_t i;

	if (ref && !resolve(json_string_value(ref)))
		fail_msg("there is no %s", json_string_value(ref));
	json_object_foreach((json_t *)(uintptr_t)value, name, item) check_references(item);
	json_array_foreach(value, i, item) check_references(item);
}

static void test_references_lead_somewhere(void **state)
{
	(void)state;
	check_references(description);
}

/* A member that may be lacking could not be told from one that is misspelled. */
static void test_answers_have_all_their_members(void **state)
{
	json_t *schemas = json_object_get(json_object_get(description, "components"), "schemas");
	const char *name;
	json_t *schema;

	(void)state;
	json_object_foreach(schemas, name, schema)
	{
		if (!json_object_get(schema, "properties"))
			continue;
		if (!json_is_false(json_object_get(schema, "additionalProperties")) ||
		    json_array_size(json_object_get(schema, "required")) !=
			    json_object_size(json_object_get(schema, "properties")))
			fail_msg("%s", name);
	}
}

static bool has_type(const json_t *types, const char *type)
{
	const json_t *item;
	size_t i;

	if (json_is_string(types))
		return strcmp(json_string_value(types), type) == 0;
	json_array_foreach(types, i,
			   item) if (strcmp(json_string_value(item), type) == 0) return true;
	return false;
}

/* Who can read the record of a run can read its end, too. */
static void test_the_end_of_a_run_is_as_its_record(void **state)
{
	const json_t *end = resolve("#/components/schemas/RunEnd/properties");
	const json_t *record = resolve("#/components/schemas/Record/properties");
	const char *name;
	json_t *schema;

	(void)state;
	json_object_foreach((json_t *)(uintptr_t)end, name, schema)
	{
		const json_t *types = json_object_get(json_object_get(record, name), "type");
		const json_t *type = json_object_get(schema, "type");
		const char *first =
			json_string_value(json_is_array(type) ? json_array_get(type, 0) : type);

		if (!types || !has_type(types, first) ||
		    (has_type(type, "null") && !has_type(types, "null")))
			fail_msg("%s", name);
	}
}

static void test_it_is_an_answer(void **state)
{
	static const struct model_spec one_job = {.jobs = {{.name = "a"}}};
	struct control_rig c;
	json_t *body;

	(void)state;
	begin_control(&c, 5, &one_job);
	assert_int_equal(ask(&c, "GET", "/v1/openapi.json", NULL, &body), 200);
	assert_true(json_equal(body, description));
	json_decref(body);
	end_control(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_route_is_described),
		cmocka_unit_test(test_what_is_described_is_a_route),
		cmocka_unit_test(test_routes_are_described_as_they_are),
		cmocka_unit_test(test_over_tcp_one_can_but_look),
		cmocka_unit_test(test_references_lead_somewhere),
		cmocka_unit_test(test_answers_have_all_their_members),
		cmocka_unit_test(test_the_end_of_a_run_is_as_its_record),
		cmocka_unit_test(test_it_is_an_answer),
	};

	return cmocka_run_group_tests(tests, load_description, free_description);
}
