using System.Text.Json;
using Gantry.Errors;
using Gantry.Terminal.Templates;
using Gantry.Terminal.Values;

namespace Gantry.Cli.Tests.Templates;

/// <summary>Go's text/template with docker's functions.</summary>
public sealed class TemplateTests
{
    private const string Data =
        """{"Name":"web","Count":3,"Big":67108864,"Ratio":1.5,"On":true,"Off":false,"List":["a","b","c"],"Empty":[],"Map":{"y":"2","x":"1"},"Deep":{"In":{"Er":"z"}},"Null":null}""";

    [Theory]
    [InlineData("{{.Name}} {{.Count}} {{.Big}} {{.Ratio}} {{.On}}", "web 3 67108864 1.5 true")]
    [InlineData("{{.Deep.In.Er}} {{.List}} {{.Map}}", "z [a b c] map[x:1 y:2]")]
    [InlineData("{{json .List}} {{json .Map}} {{json .Name}}", """["a","b","c"] {"x":"1","y":"2"} "web" """)]
    [InlineData("{{range .List}}<{{.}}>{{end}}", "<a><b><c>")]
    [InlineData("{{range $i, $e := .List}}{{if $i}},{{end}}{{$i}}={{$e}}{{end}}", "0=a,1=b,2=c")]
    [InlineData("{{range $k, $v := .Map}}{{$k}}{{$v}} {{end}}", "x1 y2 ")]
    [InlineData("{{range .Empty}}x{{else}}none{{end}}", "none")]
    [InlineData("{{range .List}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}", "ac")]
    [InlineData("{{range .List}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a")]
    [InlineData("{{if .Off}}1{{else if .On}}2{{else}}3{{end}}", "2")]
    [InlineData("{{with .Deep.In}}{{.Er}}{{end}}{{with .Off}}x{{else}}y{{end}}", "zy")]
    [InlineData("{{with $x := .Name}}{{$x}}{{$.Count}}{{end}}", "web3")]
    [InlineData("{{$x := 1}}{{$x = 2}}{{$x}}", "2")]
    [InlineData("{{define \"t\"}}[{{.}}]{{end}}{{template \"t\" .Name}}", "[web]")]
    [InlineData("{{block \"b\" .Name}}<{{.}}>{{end}}", "<web>")]
    [InlineData("{{.Name | printf \"%s-%s\" \"a\" | upper}}", "A-WEB")]
    [InlineData("{{printf \"%d %5d|%-5d|%05d %x %q %v %t %%\" .Count .Count .Count .Count .Count .Name .Name .On}}", "3     3|3    |00003 3 \"web\" web true %")]
    [InlineData("{{printf \"%d\" .Name}} {{printf \"%s %s\" .Name}}", "%!d(string=web) web %!s(MISSING)")]
    [InlineData("{{printf \"%.2f %8.3f %e\" .Ratio .Ratio .Ratio}}", "1.50    1.500 1.500000e+00")]
    [InlineData("{{print 1 2 \"a\" \"b\" 3}}|{{println .Name 1}}", "1 2ab3|web 1\n")]
    [InlineData("{{len .Name}} {{len .List}} {{len .Map}}", "3 3 2")]
    [InlineData("{{index .List 1}} {{index .Map \"x\"}} {{slice .Name 1 2}} {{slice .List 1}}", "b 1 e [b c]")]
    [InlineData("{{eq .Count 3}} {{eq .Name \"a\" \"web\"}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt \"b\" \"a\"}} {{ge 1 2}}", "true true true true true true false")]
    [InlineData("{{and .On .Name}} {{or .Off .Name}} {{not .On}} {{and .Off .Nope.X}}", "web web false false")]
    [InlineData("{{join .List \"-\"}} {{split \"a,b\" \",\"}} {{lower \"ABC\"}} {{upper \"x\"}} {{title \"hello world\"}}", "a-b-c [a b] abc X Hello World")]
    [InlineData("{{pad .Name 1 2}}|{{truncate \"hello\" 3}}|{{truncate \"hi\" 5}}", " web  |hel|hi")]
    [InlineData("a {{- 1 -}} b {{/* c */}}c{{- /* d */ -}} d", "a1b cd")]
    [InlineData("{{\"a\\tb\"}} {{`r\\n`}} {{'x'}} {{0x10}} {{1.5}} {{true}}", "a\tb r\\n 120 16 1.5 true")]
    [InlineData("{{html \"<a>\"}} {{js \"a'b\"}} {{urlquery \"a b&c\"}}", "&lt;a&gt; a\\'b a+b%26c")]
    public void Output_is_Go_s(string template, string expected)
    {
        using var json = JsonDocument.Parse(Data);

        Assert.Equal(expected.TrimEnd(' '), Template.Parse(template).Execute(GoValues.FromJson(json.RootElement)).TrimEnd(' '));
    }

    [Theory]
    [InlineData("{{", "template: :1: unclosed action")]
    [InlineData("{{end}}", "template: :1: unexpected {{end}}")]
    [InlineData("{{if}}x{{end}}", "template: :1: missing value for if")]
    [InlineData("{{range .X}}", "template: :1: unexpected EOF")]
    [InlineData("{{nope .X}}", "template: :1: function \"nope\" not defined")]
    [InlineData("{{$x}}", "template: :1: undefined variable \"$x\"")]
    [InlineData("{{\"a}}", "template: :1: unterminated quoted string")]
    public void What_does_not_parse_is_told_as_Go_does(string template, string message) =>
        Assert.Equal(message, Assert.Throws<GantryException>(() => Template.Parse(template)).Message);

    [Theory]
    [InlineData("{{index .List 9}}", "template: :1:2: executing \"\" at <index .List 9>: error calling index: index out of range: 9")]
    [InlineData("{{index .List 3}}", "template: :1:2: executing \"\" at <index .List 3>: error calling index: reflect: slice index out of range")]
    [InlineData("{{lt .Name 1}}", "template: :1:2: executing \"\" at <lt .Name 1>: error calling lt: incompatible types for comparison")]
    [InlineData("{{range .Count}}{{end}}x{{template \"t\"}}", null)]
    [InlineData("{{.Name.Foo}}", "template: :1:7: executing \"\" at <.Name.Foo>: can't evaluate field Foo in type string")]
    public void What_does_not_run_is_told_as_Go_does(string template, string? message)
    {
        using var json = JsonDocument.Parse(Data);
        var failure = Assert.Throws<GantryException>(() => Template.Parse(template).Execute(GoValues.FromJson(json.RootElement)));

        if (message is not null)
        {
            Assert.Equal(message, failure.Message);
        }
    }
}
